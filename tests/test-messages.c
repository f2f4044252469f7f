/* The log explainer: each message with a real sample and a line, nearly the same, that means
 * something else; unknown, hostile and endless logs. */
#include <glib.h>
#include <string.h>

#include "model/finding.h"
#include "rules/messages.h"
#include "rules/rule.h"

static const struct sample {
	const char *id;
	const char *sample;
	const char *near; /* must not be explained by that row */
} samples[] = {
	{ "not-viable", "vfio 0000:01:00.0: group 1 is not viable", "vfio: group 1 is viable" },
	{ "verify-bound",
	  "Verify all devices in group 14 are bound to vfio-<bus> or pci-stub and not already in "
	  "use",
	  "Verify all devices in group 14" },
	{ "no-group", "vfio 0000:01:00.0: no iommu_group found: No such file or directory",
	  "vfio 0000:01:00.0: iommu_group found" },
	{ "set-iommu-denied",
	  "vfio 0000:05:00.0: failed to setup container for group 1: Failed to set iommu for "
	  "container: Operation not permitted",
	  "Failed to set iommu for container: Invalid argument" },
	{ "no-iommu-model", "vfio: No available IOMMU models", "vfio: available IOMMU models" },
	{ "node-denied", "failed to open /dev/vfio/14: Permission denied",
	  "failed to open /dev/kvm: Permission denied" },
	{ "apparmor-denied",
	  "audit: type=1400 audit(1.2:3): apparmor=\"DENIED\" operation=\"open\" "
	  "profile=\"libvirt-00000000-0000-0000-0000-000000000001\" name=\"/dev/vfio/12\"",
	  "audit: type=1400 audit(1.2:3): apparmor=\"DENIED\" operation=\"open\" "
	  "profile=\"libvirtd\" name=\"/dev/vfio/12\"" },
	{ "selinux-denied",
	  "type=AVC msg=audit(1.2:3): avc:  denied  { open } for  pid=9 comm=\"qemu-kvm\" "
	  "path=\"/dev/vfio/12\" scontext=system_u:system_r:svirt_t:s0:c1,c2 "
	  "tcontext=system_u:object_r:device_t:s0 tclass=chr_file permissive=0",
	  "type=AVC msg=audit(1.2:3): avc:  denied  { open } for  pid=9 comm=\"sshd\" "
	  "scontext=system_u:system_r:sshd_t:s0 tclass=file permissive=0" },
	{ "kvm-taken", "ioctl(KVM_CREATE_VM) failed: 16 Device or resource busy",
	  "ioctl(KVM_CREATE_VCPU) failed: 16 Device or resource busy" },
	{ "kvm-taken-cpu", "kvm: enabling virtualization on CPU0 failed",
	  "kvm: enabling virtualization on CPU0" },
	{ "node-busy", "vfio 0000:01:00.0: failed to open /dev/vfio/14: Device or resource busy",
	  "failed to open /dev/sr0: Device or resource busy" },
	{ "node-missing", "Could not open '/dev/vfio/2': No such file or directory",
	  "Could not open '/dev/kvm': No such file or directory" },
	{ "group-device", "vfio 0000:01:00.0: error getting device from group 14: Invalid argument",
	  "vfio: error getting group status" },
	{ "dma-p2p", "qemu: warning: IOMMU_IOAS_MAP failed: Bad address, PCI BAR?",
	  "IOMMU_IOAS_MAP failed: Invalid argument" },
	{ "dma-memory",
	  "vfio_container_dma_map(0x55d0, 0x0, 0x80000000, 0x7f) = -12 (Cannot allocate memory)",
	  "vfio_container_dma_map(0x55d0, 0x0, 0x80000000, 0x7f) = -14 (Bad address)" },
	{ "dma-invalid",
	  "vfio_container_dma_map(0x55d0, 0xfd00000000, 0x1000, 0x7f) = -22 (Invalid argument)",
	  "vfio_container_dma_unmap(0x55d0, 0xfd00000000, 0x1000) = -22" },
	{ "memlock-kernel", "vfio_pin_pages_remote: RLIMIT_MEMLOCK (65536) exceeded",
	  "RLIMIT_NOFILE (1024) exceeded" },
	{ "memlock-libvirt",
	  "cannot limit locked memory of process 4711 to 9663676416: Operation not permitted",
	  "cannot limit core file size of process 4711" },
	{ "dma-entries",
	  "vfio_register_ram_discard_listener: possibly running out of DMA mappings.",
	  "running out of DMA mappings never" },
	{ "no-reset", "vfio: Cannot reset device 0000:0b:00.0, no available reset mechanism.",
	  "vfio: Cannot reset device 0000:0b:00.0, depends on group 9 which is not owned." },
	{ "reset-not-owned",
	  "vfio: Cannot reset device 0000:0b:00.0, depends on group 9 which is not owned.",
	  "vfio: Cannot reset device 0000:0b:00.0, no available reset mechanism." },
	{ "stuck-d3", "vfio: Unable to power on device, stuck in D3", "device stuck in D2" },
	{ "rom-invalid",
	  "vfio-pci: Cannot read device rom at 0000:01:00.0\nDevice option ROM contents are "
	  "probably invalid (check dmesg).",
	  "Device option ROM contents are valid" },
	{ "rom-header",
	  "vfio-pci 0000:01:00.0: Invalid PCI ROM header signature: expecting 0xaa55, "
	  "got 0xffff",
	  "Valid PCI ROM header signature" },
	{ "kvm-denied", "Could not access KVM kernel module: Permission denied",
	  "Could not access KVM kernel module: No such file or directory" },
	{ "kvm-missing", "Could not access KVM kernel module: No such file or directory",
	  "Could not access KVM kernel module: Permission denied" },
	{ "cpu-host", "CPU model 'host' requires KVM or HVF", "CPU model 'max' requires TCG" },
	{ "hyperv-index", "kernel doesn't allow setting HyperV VP_INDEX",
	  "kernel doesn't allow setting HyperV SYNIC" },
	{ "topoext",
	  "warning: This family of AMD CPU doesn't support hyperthreading(2). Please configure "
	  "-smp",
	  "This family of Intel CPU supports hyperthreading(2)" },
	{ "huge-pages",
	  "os_mem_prealloc: Insufficient free host memory pages available to allocate guest RAM",
	  "free host memory pages available to allocate guest RAM" },
	{ "huge-backing", "unable to map backing store for guest RAM: Cannot allocate memory",
	  "unable to open backing store for guest disk" },
	{ "guest-memory", "cannot set up guest memory 'pc.ram': Cannot allocate memory",
	  "cannot set up guest memory 'pc.ram': Invalid argument" },
	{ "usb-open", "libusb: failed to open host usb device 1:4", "failed to open host device" },
	{ "in-use",
	  "error: Requested operation is not valid: PCI device 0000:01:00.0 is in use by driver "
	  "QEMU, domain win10",
	  "PCI device 0000:01:00.0 is not in use" },
	{ "non-endpoint",
	  "unsupported configuration: Non-endpoint PCI devices cannot be assigned to "
	  "guests",
	  "Non-endpoint PCI devices" },
	{ "switch-without-acs",
	  "Device 0000:06:00.0 is behind a switch lacking ACS and cannot be assigned",
	  "Device 0000:06:00.0 is behind a switch" },
	{ "unmanaged", "Unmanaged PCI device 0000:01:00.0 must be manually detached from the host",
	  "Managed PCI device 0000:01:00.0 must be detached" },
	{ "usb-multiple",
	  "operation failed: Multiple USB devices for 46d:c52b, use <address> to specify one",
	  "Multiple USB devices for 46d:c52b" },
	{ "usb-not-found", "operation failed: Did not find USB device 46d:c52b",
	  "Did find USB device 46d:c52b" },
	{ "module-prohibited",
	  "internal error: Failed to load PCI driver module vfio-pci: administratively prohibited",
	  "Failed to load PCI driver module vfio-pci: not found" },
	{ "pci-not-found",
	  "Device 0000:0e:00.0 not found: could not access "
	  "/sys/bus/pci/devices/0000:0e:00.0/config: No such file or directory",
	  "Device 0000:0e:00.0 found" },
	{ "no-passthrough",
	  "unsupported configuration: host doesn't support passthrough of host PCI devices",
	  "host doesn't support passthrough of SCSI devices" },
	{ "iothread-bus", "IOThreads not available for bus sata target sda",
	  "IOThreads available for bus virtio" },
	{ "hook-failed",
	  "Hook script execution failed: internal error: Child process (/etc/libvirt/hooks/qemu "
	  "win10 prepare begin -) unexpected exit status 1",
	  "Hook script execution started" },
	{ "network-inactive", "Requested operation is not valid: network 'default' is not active",
	  "Requested operation is not valid: network 'default' is active" },
	{ "no-firmware", "operation failed: Unable to find any firmware to satisfy 'efi'",
	  "Unable to find any domain to satisfy 'efi'" },
	{ "firmware-gone",
	  "Failed to open file '/usr/share/OVMF/OVMF_CODE.fd': No such file or directory",
	  "Failed to open file '/usr/share/OVMF/OVMF_CODE.fd': Permission denied" },
	{ "no-swtpm", "Unable to find 'swtpm' binary in $PATH: No such file or directory",
	  "Unable to find 'dnsmasq' binary in $PATH" },
	{ "domain-kvm",
	  "invalid argument: Domain requires KVM, but it is not available. Check that",
	  "Domain requires KVM, and it is available" },
	{ "probe-22", "vfio-pci: probe of 0000:01:00.0 failed with error -22",
	  "vfio-pci: probe of 0000:01:00.0 failed with error -2" },
	{ "probe-22-new", "vfio-pci 0000:01:00.0: probe with driver vfio-pci failed with error -22",
	  "vfio-pci 0000:01:00.0: probe with driver vfio-pci failed with error -2" },
	{ "bar-reserved",
	  "vfio-pci 0000:01:00.0: BAR 1: can't reserve [mem 0xc0000000-0xcfffffff 64bit pref]",
	  "vfio-pci 0000:01:00.0: BAR 1: reserved [mem 0xc0000000-0xcfffffff 64bit pref]" },
	{ "not-ready", "vfio-pci 0000:01:00.0: not ready 65535ms after FLR; giving up",
	  "vfio-pci 0000:01:00.0: not ready 1023ms after FLR; waiting" },
	{ "d3cold",
	  "vfio-pci 0000:01:00.0: Unable to change power state from D3cold to D0, device "
	  "inaccessible",
	  "vfio-pci 0000:01:00.0: Unable to change power state from D3hot to D0" },
	{ "no-remapping",
	  "vfio_iommu_type1_attach_group: No interrupt remapping support.  Use the module param",
	  "DMAR-IR: Enabled IRQ remapping in x2apic mode" },
	{ "rmrr-direct",
	  "vfio-pci 0000:03:00.0: Firmware has requested this device have a 1:1 IOMMU mapping, "
	  "rejecting configuring the device without a 1:1 mapping.",
	  "Firmware has requested this device have a 1:1 clock" },
	{ "rmrr-ineligible",
	  "vfio-pci 0000:03:00.0: Device is ineligible for IOMMU domain attach due to platform "
	  "RMRR requirement.  Contact your platform vendor.",
	  "Device is ineligible for IOMMU domain attach" },
	{ "fault-intel",
	  "DMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr 0xdeadbeef000",
	  "DMAR: dmar0: reg_base_addr fed90000 ver 1:0" },
	{ "fault-amd",
	  "vfio-pci 0000:0b:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0012 address=0x0]",
	  "AMD-Vi: Event logged [INVALID_DEVICE_REQUEST device=0000:00:00.0]" },
	{ "denylisted",
	  "vfio-pci 0000:3d:00.0: 8086:37c8 exists in vfio-pci device denylist, driver probing "
	  "disallowed.",
	  "device denylist disabled - allowing device 8086:37c8." },
	{ "sriov-on", "vfio-pci 0000:05:00.0: Cannot bind to PF with SR-IOV enabled",
	  "Cannot bind to VF with SR-IOV enabled" },
	{ "blocked-release",
	  "vfio-pci 0000:01:00.0: Device is currently in use, task \"bash\" (812) blocked until "
	  "device is released",
	  "Device is currently in use" },
	{ "vmx-off", "x86/cpu: VMX (outside TXT) disabled by BIOS",
	  "x86/cpu: VMX enabled by BIOS" },
	{ "svm-off", "SVM disabled (by BIOS) in MSR_VM_CR", "SVM enabled" },
	{ "kvm-off", "kvm: disabled by bios", "kvm: enabled" },
	{ "amd-iommu-on", "AMD-Vi: Unknown option - 'on'", "AMD-Vi: Unknown option - 'pt'" },
	{ "bar-no-space", "pci 0000:04:00.0: BAR 1: no space for [mem size 0x400000000 64bit pref]",
	  "pci 0000:04:00.0: BAR 1: assigned [mem 0x400000000-0x7ffffffff 64bit pref]" },
	{ "virqfd", "systemd-modules-load[300]: Failed to find module 'vfio_virqfd'",
	  "Failed to find module 'vfio_pci'" },
	{ "virqfd-image", "==> ERROR: module not found: 'vfio_virqfd'",
	  "==> ERROR: module not found: 'vfio_pci'" },
	{ "aer", "pcieport 0000:00:01.0: AER: Multiple Uncorrected (Non-Fatal) error received",
	  "pcieport 0000:00:01.0: AER: Corrected error received" },
	{ "nvidia-usage",
	  "NVRM: Attempting to remove device 0000:01:00.0 with non-zero usage count!",
	  "NVRM: removing device 0000:01:00.0" },
	{ "nvidia-bus", "NVRM: Xid (PCI:0000:01:00): 79, GPU has fallen off the bus.",
	  "NVRM: Xid (PCI:0000:01:00): 31, MMU fault" },
	{ "set-iommu",
	  "vfio 0000:05:00.0: failed to setup container for group 11: Failed to set iommu for "
	  "container: Input/output error",
	  "failed to set up a container" },
	{ "vfio-not-set-up",
	  "-device vfio-pci,host=00:1a.0: Device 'vfio-pci' could not be initialized",
	  "Device 'virtio-net-pci' could not be initialized" },
	{ "group-get", "vfio: failed to get group 8", "vfio: failed to get region info" },
	{ "address-spaces", "vfio 0000:01:00.1: group 1 used in multiple address spaces",
	  "vfio 0000:01:00.1: group 1 used" },
	{ "no-host-device",
	  "-device vfio-pci,host=0000:06:00.0: vfio 0000:06:00.0: no such host device: No such "
	  "file or directory",
	  "virtio: no such host" },
	{ "no-pci-bus",
	  "-device vfio-pci,host=0000:00:14.3: No 'PCI' bus found for device 'vfio-pci'",
	  "No 'virtio-bus' bus found for device 'virtio-net-device'" },
	{ "slot-taken",
	  "PCI: slot 2 function 0 not available for vfio-pci, in use by virtio-vga,id=video0",
	  "PCI: slot 2 function 0 available" },
	{ "igd-legacy",
	  "IGD device 0000:00:02.0 cannot support legacy mode due to existing devices at address "
	  "1f.0",
	  "IGD device 0000:00:02.0 in legacy mode" },
	{ "bar-mmap", "Failed to mmap 0000:01:00.0 BAR 3. Performance may be slow",
	  "Failed to mmap file: Invalid argument" },
	{ "region-busy",
	  "vfio_region_write(0000:01:00.0:region1+0x42478, 0x0,8) failed: Device or resource busy",
	  "vfio_region_write(0000:01:00.0:region1+0x42478, 0x0,8)" },
	{ "intx-busy",
	  "vfio 0000:03:00.0: Failed to set up TRIGGER eventfd signaling for interrupt INTX-0: "
	  "VFIO_DEVICE_SET_IRQS failure: Device or resource busy",
	  "VFIO_DEVICE_SET_IRQS failure" },
	{ "error-recovery", "vfio 0000:01:00.0: Could not enable error recovery for the device",
	  "Could not enable the device" },
	{ "map-memory", "VFIO_MAP_DMA failed: Cannot allocate memory",
	  "VFIO_UNMAP_DMA failed: Cannot allocate memory" },
	{ "map-other", "VFIO_MAP_DMA failed: Invalid argument",
	  "VFIO_UNMAP_DMA failed: Invalid argument" },
	{ "listener",
	  "vfio 0000:00:03.0: failed to setup container for group 3: memory listener "
	  "initialization failed for container: Bad address",
	  "memory listener initialization" },
	{ "dma-stop", "qemu: hardware error: vfio: DMA mapping failed, unable to continue",
	  "vfio: DMA mapping failed" },
	{ "dma-address",
	  "vfio_container_dma_map(0x55558771a400, 0xfa800000, 0x4000, 0x7788e9d2c000) = -14 (Bad "
	  "address)",
	  "dma_map(0x5555, 0xfa80) = -1" },
	{ "romfile", "failed to find romfile \"/usr/share/vgabios/gpu.rom\"",
	  "romfile=/usr/share/vgabios/gpu.rom" },
	{ "backing-denied",
	  "can't open backing store /dev/shm/looking-glass for guest RAM: Permission denied",
	  "can't open backing store /dev/hugepages/x for guest RAM: No such file or directory" },
	{ "evdev-open", "Could not open '/dev/input/by-id/usb-mouse': No such file or directory",
	  "Could not open '/dev/kvm': No such file or directory" },
	{ "libusb-open",
	  "libusb: error [_get_usbfs_fd] libusb couldn't open USB device /dev/bus/usb/001/004, "
	  "errno=13",
	  "libusb: opened USB device" },
	{ "libusb-gone", "libusb_release_interface: -4 [NO_DEVICE]",
	  "libusb_release_interface: -5 [NOT_FOUND]" },
	{ "header-127", "internal error: Unknown PCI header type '127' for device '0000:01:00.0'",
	  "Unknown PCI header type '2' for device '0000:01:00.0'" },
	{ "libvirt-reset",
	  "internal error: Unable to reset PCI device 0000:00:1a.0: no FLR, PM reset or bus reset "
	  "available",
	  "Unable to detach PCI device 0000:00:1a.0" },
	{ "pci-backend", "unsupported configuration: pci backend driver 'default' is not supported",
	  "pci backend driver 'vfio'" },
	{ "spice-channel",
	  "unsupported configuration: chardev 'spicevmc' not supported without spice graphics",
	  "chardev 'spicevmc' not supported" },
	{ "address-twice", "XML error: Attempted double use of PCI Address 0000:05:00.0",
	  "use of PCI Address 0000:05:00.0" },
	{ "no-var-store",
	  "operation failed: unable to find any master var store for loader: "
	  "/usr/share/OVMF/OVMF_CODE.fd",
	  "unable to find any store" },
	{ "storage-file",
	  "Cannot access storage file '/home/user/win10.qcow2' (as uid:64055, gid:130): Permission "
	  "denied",
	  "access storage file" },
	{ "qemu-binary", "Cannot check QEMU binary /usr/bin/kvm-spice: No such file or directory",
	  "QEMU binary /usr/bin/kvm-spice" },
	{ "no-virt-type", "Emulator '/usr/bin/qemu-system-x86_64' does not support virt type 'kvm'",
	  "does not support virt type 'xen'" },
	{ "no-kvm-machine",
	  "invalid argument: could not get preferred machine for /usr/bin/qemu-system-x86_64 "
	  "type=kvm",
	  "could not get preferred machine for /usr/bin/qemu-system-arm type=qemu" },
	{ "swtpm-setup", "internal error: Could not run '/usr/bin/swtpm_setup'. exitstatus: 1",
	  "Could not run '/usr/bin/qemu-img'" },
	{ "cpu-features",
	  "the CPU is incompatible with host CPU: Host CPU does not provide required features: "
	  "svm, topoext",
	  "Host CPU does provide required features" },
	{ "pve-bind", "TASK ERROR: Cannot bind 0000:01:00.0 to vfio", "Cannot bind to port 5900" },
	{ "pve-no-iommu", "TASK ERROR: cannot prepare PCI pass-through, IOMMU not present",
	  "cannot prepare PCI pass-through" },
	{ "pve-in-use", "PCI device '0000:01:00.0' already in use by VMID '100'",
	  "PCI device '0000:01:00.0' already in use" },
	{ "pve-no-device", "TASK ERROR: no pci device info for device '0000:01:00.0'",
	  "no device info" },
	{ "pve-timeout",
	  "TASK ERROR: start failed: command '/usr/bin/kvm -id 100' failed: got timeout",
	  "TASK ERROR: got timeout" },
	{ "pve-reset",
	  "failed to reset PCI device '0000:01:00.0', but trying to continue as not all devices "
	  "need a reset",
	  "reset PCI device '0000:01:00.0'" },
	{ "reset-ioctl",
	  "error writing '1' to '/sys/bus/pci/devices/0000:01:00.0/reset': Inappropriate ioctl for "
	  "device",
	  "tty: Inappropriate ioctl for device" },
	{ "module-used", "modprobe: FATAL: Module nvidia_drm is in use.",
	  "modprobe: FATAL: Module nvidia_drm not found" },
	{ "module-builtin", "modprobe: FATAL: Module drm is builtin.",
	  "modprobe: FATAL: Module drm not found" },
	{ "module-load", "insmod: ERROR: could not load module vfio-pci: No such file or directory",
	  "could not load module nvidia" },
	{ "write-no-device", "/bin/vfio-startup.sh: line 123: echo: write error: No such device",
	  "echo: write error: Permission denied" },
	{ "probe-vfio-other", "vfio-pci: probe of 0000:01:00.0 failed with error -16",
	  "nvme: probe of 0000:01:00.0 failed with error -16" },
	{ "iotlb-timeout",
	  "iommu ivhd0: AMD-Vi: Event logged [IOTLB_INV_TIMEOUT device=0000:0b:00.0 "
	  "address=0x1002147e0]",
	  "AMD-Vi: Event logged [EVENT device=0000:0b:00.0]" },
	{ "completion-wait", "AMD-Vi: Completion-Wait loop timed out", "AMD-Vi: Completion-Wait" },
	{ "invalidation", "DMAR: VT-d detected Invalidation Time-out Error: SID 0",
	  "DMAR: VT-d detected" },
	{ "amd-request",
	  "AMD-Vi: Event logged [INVALID_DEVICE_REQUEST device=00:00.0 pasid=0x00000]",
	  "AMD-Vi: Event logged [RIP_PAGE_FAULT device=00:00.0]" },
	{ "remapping-off-amd", "AMD-Vi: Disabling interrupt remapping",
	  "AMD-Vi: Interrupt remapping enabled" },
	{ "remapping-erratum", "This system BIOS has enabled interrupt remapping",
	  "BIOS has interrupt remapping" },
	{ "perf-counter", "AMD-Vi: Unable to read/write to IOMMU perf counter.", "perf: counter" },
	{ "power-refused", "vfio-pci 0000:0b:00.0: Refused to change power state, currently in D3",
	  "vfio-pci 0000:0b:00.0: change power state" },
	{ "d3cold-old",
	  "snd_hda_intel 0000:01:00.1: can't change power state from D3cold to D0 (config space "
	  "inaccessible)",
	  "change power state from D3cold to D0" },
	{ "bar-restore", "vfio-pci 0000:01:00.0: vfio_bar_restore: reset recovery - restoring BARs",
	  "vfio_bar_restore: restoring" },
	{ "cap-dead", "vfio-pci 0000:01:00.0: vfio_cap_init: hiding cap 0xff@0xff",
	  "vfio-pci 0000:01:00.0: vfio_cap_init: hiding cap 0x9@0x60" },
	{ "ecap-hidden", "vfio-pci 0000:01:00.0: vfio_ecap_init: hiding ecap 0x19@0x900",
	  "vfio-pci 0000:01:00.0: ecap" },
	{ "rom-images", "vfio-pci 0000:01:00.0: No more image in the PCI ROM",
	  "image in the PCI ROM" },
	{ "bar-assign",
	  "pci 0000:00:06.0: BAR 1: failed to assign [mem size 0x400000000 64bit pref]",
	  "pci 0000:00:06.0: BAR 1: assigned [mem 0x400000000 64bit pref]" },
	{ "bar-assign-new",
	  "pci 0000:00:06.0: BAR 1 [mem size 0x400000000 64bit pref]: failed to assign",
	  "pci 0000:00:06.0: BAR 1 [mem 0x400000000 64bit pref]: assigned" },
	{ "intx-flags",
	  "genirq: Flags mismatch irq 16. 00000000 (vfio-intx(0000:03:00.0)) vs. 00000080 "
	  "(ehci_hcd:usb1)",
	  "genirq: Flags mismatch irq 8. 00000000 (rtc) vs. 00000080 (hpet)" },
	{ "xhci-silent", "xhci_hcd 0000:07:00.3: xHCI host controller not responding, assume dead",
	  "xhci_hcd 0000:07:00.3: xHCI Host Controller" },
	{ "xhci-died", "xhci_hcd 0000:07:00.3: HC died; cleaning up",
	  "xhci_hcd 0000:07:00.3: cleaning up" },
	{ "slot-empty", "pcieport 0000:00:01.1: pciehp: Slot(0): Card not present",
	  "pcieport 0000:00:01.1: pciehp: Slot(0): Card present" },
	{ "amdgpu-init", "amdgpu 0000:0c:00.0: amdgpu: Fatal error during GPU init",
	  "amdgpu 0000:0c:00.0: amdgpu: GPU init" },
	{ "amdgpu-probe", "amdgpu: probe of 0000:00:09.0 failed with error -22",
	  "amdgpu: probe of 0000:00:09.0" },
	{ "amdgpu-probe-new", "amdgpu 0000:03:00.0: probe with driver amdgpu failed with error -22",
	  "nvme 0000:03:00.0: probe with driver nvme failed with error -22" },
	{ "amdgpu-pulled",
	  "vfio-pci 0000:09:00.0: amdgpu: failed to clear page tables on GEM object close (-19)",
	  "amdgpu: GEM object close" },
	{ "aer-corrected",
	  "pcieport 0000:00:1c.0: AER: Multiple Corrected error received: 0000:00:1c.0",
	  "pcieport 0000:00:1c.0: AER: enabled" },
	{ "bus-error",
	  "pcieport 0000:00:01.0: PCIe Bus Error: severity=Uncorrected (Fatal), type=Transaction "
	  "Layer",
	  "PCIe Bus: severity" },
	{ "bus-corrected",
	  "pcieport 0000:00:1c.0: PCIe Bus Error: severity=Corrected, type=Physical Layer, "
	  "(Receiver ID)",
	  "PCIe Bus Error: severity=Uncorrected (Non-Fatal)" },
	{ "nvidia-adapter", "NVRM: GPU 0000:01:00.0: rm_init_adapter failed, device minor number 0",
	  "NVRM: GPU 0000:01:00.0: rm_init_adapter" },
	{ "nvidia-xid",
	  "NVRM: Xid (PCI:0000:01:00): 119, pid=12, Timeout after 6s of waiting for RPC response "
	  "from GPU0 GSP!",
	  "NVRM: loading NVIDIA UNIX x86_64 Kernel Module" },
	{ "nvidia-elsewhere", "NVRM: The NVIDIA probe routine was not called for 1 device(s).",
	  "NVRM: The NVIDIA probe routine failed for 1 device(s)." },
	{ "nvidia-none", "NVRM: No NVIDIA devices probed.", "NVRM: NVIDIA devices probed." },
	{ "nvidia-region", "NVRM: This PCI I/O region assigned to your NVIDIA device is invalid:",
	  "NVRM: This PCI I/O region is assigned to your NVIDIA device" },
	{ "nvidia-bar-zero", "NVRM: BAR1 is 0M @ 0x0 (PCI:0000:06:00.0)",
	  "NVRM: BAR1 is 256M @ 0xe0000000 (PCI:0000:06:00.0)" },
	{ "nvidia-open",
	  "NVRM: installed in this system requires use of the NVIDIA open kernel modules.",
	  "NVRM: loading NVIDIA UNIX Open Kernel Module" },
	{ "nvidia-init", "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x22:0x56:884)",
	  "NVRM: GPU 0000:01:00.0: RmInitAdapter succeeded" },
	{ "cuda-fabric", "cudaGetDeviceCount returned 802 -> system not yet initialized",
	  "CUDA error 801: operation not supported" },
	{ "code-43", "Windows has stopped this device because it has reported problems. (Code 43)",
	  "Code 430" },
	{ "code-12", "This device cannot find enough free resources that it can use. (Code 12)",
	  "Code 128" },
	{ "code-31", "This device is not working properly (Code 31)", "Code 310" },
	{ "x-vga", "device does not support requested feature x-vga",
	  "device supports feature x-vga" },
	{ "x-vga-region",
	  "vfio 0000:01:00.0: failed getting region info for VGA region index 8: "
	  "Invalid argument",
	  "failed to get region 8 info" },
	{ "device-error",
	  "vfio_err_notifier_handler(0000:01:00.0) Unrecoverable error detected. "
	  "Please collect any data possible and then kill the guest",
	  "Unrecoverable error detected in the file system" },
	{ "rom-unreadable", "vfio-pci: Cannot read device rom at 0000:01:00.0",
	  "Cannot read device node at /dev/sda" },
	{ "iommufd-missing",
	  "qemu-kvm: -object iommufd,id=iommufd0: /dev/iommu opening failed: No "
	  "such file or directory",
	  "/dev/iommu was opened" },
	{ "iommufd-bind",
	  "vfio 0000:01:00.0: error bind device fd=33 to iommufd=32: Invalid "
	  "argument",
	  "bind device fd=33 to iommufd=32" },
	{ "kvm-busy", "qemu-system-x86_64: failed to initialize kvm: Device or resource busy",
	  "failed to initialize kvm: No such device" },
	{ "usb-detach-none", "libusb_detach_kernel_driver: -5 [NOT_FOUND]",
	  "libusb_detach_kernel_driver: -6 [BUSY]" },
	{ "usb-alt-setting", "libusb_set_interface_alt_setting: -99 [OTHER]",
	  "libusb_set_interface_alt_setting: 0" },
	{ "looking-glass-denied",
	  "-device ivshmem-plain: Could not open '/dev/shm/looking-glass': Permission denied",
	  "Could not open '/dev/shm/other': Permission denied" },
	{ "cpu-feature",
	  "warning: host doesn't support requested feature: "
	  "CPUID.80000001H:ECX.svm [bit 2]",
	  "host doesn't support requested feature: sound" },
	{ "rdmsr", "kvm [1234]: ignored rdmsr: 0x1a0 data 0x0",
	  "kvm [1234]: unhandled rdmsr: 0x1a0" },
	{ "wrmsr", "kvm: vcpu0, guest rIP: 0xfff ignored wrmsr: 0x122 data 0x0",
	  "kvm: unhandled wrmsr: 0x122" },
	{ "cpu-missing-feature",
	  "error: operation failed: guest CPU doesn't match specification: missing "
	  "features: invtsc",
	  "guest CPU doesn't match specification: extra features: invtsc" },
	{ "network-missing", "error: Network not found: no network with matching name 'default'",
	  "no network with matching uuid" },
	{ "bridge-missing", "error: Cannot get interface MTU on 'br0': No such device",
	  "Cannot get interface flags on 'br0'" },
	{ "apparmor-profile",
	  "internal error: cannot load AppArmor profile "
	  "'libvirt-4dba79b5-0000-0000-0000-000000000001'",
	  "cannot load AppArmor profile 'firefox'" },
	{ "no-emulator", "internal error: Cannot find suitable emulator for x86_64",
	  "Cannot find suitable editor for x" },
	{ "monitor-reset", "error: Unable to read from monitor: Connection reset by peer",
	  "Unable to read from socket: Connection reset by peer" },
	{ "monitor-closed",
	  "error: internal error: QEMU unexpectedly closed the monitor (vm='win11')",
	  "QEMU closed the monitor" },
	{ "config-inaccessible",
	  "vfio-pci 0000:0c:00.0: can't change power state from D0 to D3hot "
	  "(config space inaccessible)",
	  "can't change power state from D0 to D3hot" },
	{ "link-down", "pcieport 0000:00:01.0: pciehp: Slot(1): Link Down",
	  "pciehp: Slot(1): Link Up" },
	{ "xhci-stop", "xhci_hcd 0000:03:00.0: xHCI host not responding to stop endpoint command",
	  "xHCI host responding to stop endpoint command" },
	{ "sanity-check",
	  "resource sanity check: requesting [mem 0x000c0000-0x000fffff], which "
	  "spans more than PCI Bus 0000:00",
	  "resource check: requesting [mem 0x000c0000-0x000fffff]" },
	{ "vga-console-off", "vfio-pci 0000:01:00.0: vgaarb: deactivate vga console",
	  "vgaarb: setting as boot VGA device" },
	{ "ids-added", "vfio_pci: add [10de:1b80[ffffffff:ffffffff]] class 0x000000/00000000",
	  "vfio_pci: added 10de:1b80" },
	{ "disable-vga", "vfio_pci: unknown parameter 'disable_vga' ignored",
	  "unknown parameter 'disable_idle_d3' ignored" },
	{ "virqfd-modprobe",
	  "modprobe: FATAL: Module vfio_virqfd not found in directory "
	  "/lib/modules/6.5.0",
	  "modprobe: FATAL: Module vfio_pci not found in directory "
	  "/lib/modules/6.5.0" },
	{ "virqfd-mkinitcpio-old", "==> ERROR: module not found: `vfio_virqfd'",
	  "==> ERROR: module not found: `vfio_pci'" },
	{ "new-id-exists", "tee: /sys/bus/pci/drivers/vfio-pci/new_id: File exists",
	  "tee: /sys/bus/pci/drivers/e1000e/new_id: File exists" },
	{ "amdgpu-block",
	  "[drm:amdgpu_device_ip_init [amdgpu]] *ERROR* hw_init of IP block <smu> "
	  "failed -62",
	  "hw_init of IP block <smu> done" },
	{ "amdgpu-psp",
	  "[drm:psp_v11_0_bootloader_load_sysdrv [amdgpu]] *ERROR* Failed to load "
	  "psp sysdrv",
	  "Failed to load psp sysdrv, once more" },
	{ "amdgpu-psp-start", "[drm:psp_hw_start [amdgpu]] *ERROR* PSP load kdb failed!",
	  "[drm:psp_hw_start [amdgpu]] PSP loaded" },
	{ "atombios-stuck",
	  "[drm:atom_op_jump [amdgpu]] *ERROR* atombios stuck in loop for more "
	  "than 20secs aborting",
	  "atombios in loop" },
	{ "powerplay", "amdgpu: [powerplay] Failed to send message 0x28, response 0xffffffff",
	  "amdgpu: failed to send message" },
	{ "nouveau-gsp", "nouveau 0000:01:00.0: gsp: init failed, -110",
	  "nouveau 0000:01:00.0: gsp: init done" },
	{ "intel-guc", "i915 0000:03:00.0: [drm] *ERROR* GT0: GuC initialization failed",
	  "i915 0000:03:00.0: [drm] GT0: GuC firmware loaded" },
	{ "xe-probe", "xe 0000:03:00.0: probe with driver xe failed with error -110",
	  "xen 0000:03:00.0: probe with driver xen-fb failed with error -110" },
	{ "nvidia-bound", "NVRM: GPU 0000:01:00.0 is already bound to vfio-pci.",
	  "NVRM: GPU 0000:01:00.0 is already bound to nouveau." },
	{ "code-10", "This device cannot start. (Code 10)", "Code 101" },
	{ "proxmox-start", "TASK ERROR: start failed: QEMU exited with code 1", "TASK OK: start" },
	{ "xen",
	  "libxl: error: libxl_pci.c:1489:libxl__device_pci_reset: write to "
	  "/sys/bus/pci/devices/0000:01:00.0/reset returned -1",
	  "libxl: error: libxl_dom.c:1: x" },
};

/* The rows are tried in their order: a sample is explained by its own row, wherever it stands. */
static void test_sample(gconstpointer data)
{
	const struct sample *sample = data;
	const char *line = strrchr(sample->sample, '\n');
	line = line ? line + 1 : sample->sample;
	const struct message *message = message_match(line, strlen(line));
	const struct message *near = message_match(sample->near, strlen(sample->near));

	g_assert_nonnull(message);
	g_assert_cmpstr(message->id, ==, sample->id);
	if (near)
		g_assert_cmpstr(near->id, !=, sample->id);
}

static void test_table(void)
{
	const struct message *message;
	unsigned n = 0;

	for (; (message = message_get(n)); n++) {
		bool found = false;
		g_test_message("%s", message->id);
		for (size_t i = 0; i < G_N_ELEMENTS(samples); i++)
			found = found || strcmp(samples[i].id, message->id) == 0;
		g_assert_true(found);
		for (unsigned other = 0; other < n; other++)
			g_assert_cmpstr(message_get(other)->id, !=, message->id);
		if (message->as) {
			g_assert_cmpstr(message_meaning(message)->id, ==, message->as);
			g_assert_true(!message->what && !message->fix[0] && !message->see);
			continue;
		}
		g_assert_true(!message->rule || rule_find(message->rule));
		g_assert_true(g_str_has_prefix(message->see, "guide#"));
		g_assert_true(g_str_has_suffix(message->what, "."));
		g_assert_true(message->verdict == FINDING_PASS || message->fix[0]);
		/* commands name rules that exist */
		for (size_t i = 0; i < G_N_ELEMENTS(message->fix) && message->fix[i]; i++) {
			g_auto(GStrv) words = g_strsplit(message->fix[i], " ", -1);
			bool doctor = g_str_has_prefix(message->fix[i], "vfiokit doctor ");
			for (guint w = 2; doctor && words[w]; w++)
				g_assert_nonnull(rule_find(words[w]));
		}
	}
	g_assert_cmpuint(n, >=, 40);
}

/* ---- whole logs ---- */

static GPtrArray *explain(const char *const *lines)
{
	struct log_reader *reader = log_reader_new("a.log");
	GPtrArray *findings = findings_new();

	for (; *lines; lines++)
		log_reader_line(reader, *lines, strlen(*lines));
	log_reader_finish(reader, findings, false);
	return findings;
}

static void test_once(void)
{
	static const char *const lines[] = {
		"12:34:56.7: vfio 0000:01:00.0: group 1 is not viable",
		"nothing",
		"vfio 0000:01:00.0: group 1 is not viable",
		"vfio 0000:02:00.0: group 2 is not viable",
		NULL,
	};
	g_autoptr(GPtrArray) findings = explain(lines);

	g_assert_cmpuint(findings->len, ==, 2);
	const struct finding *first = findings->pdata[0];
	g_assert_cmpstr(first->id, ==, "group-viable");
	g_assert_cmpstr(first->subject, ==, "0000:01:00.0");
	g_assert_cmpuint(first->evidence->len, ==, 2);
	g_assert_cmpstr(first->evidence->pdata[0], ==,
			"a.log:1: 12:34:56.7: vfio 0000:01:00.0: group 1 is not viable");
	g_assert_cmpstr(first->evidence->pdata[1], ==, "and 1 more line like it");
}

/* As they are posted: quoted, broken by a mail program, with the quotation marks of a forum; and
 * lines that only seem to go on. */
static void test_posted(void)
{
	static const struct {
		const char *lines[4];
		const char *id; /* of the only finding */
	} cases[] = {
		{ { "> Verify all devices in group", ">   23 are bound to vfio-<bus> or pci-stub" },
		  "group-viable" },
		{ { "> vfio-pci 0000:03:00.0: Firmware has requested this device have a",
		    "> 1:1 IOMMU mapping, rejecting configuring the device" },
		  "iommu-rmrr" },
		{ { "vfio 0000:01:00.0: failed to open /dev/vfio/14: Permission", "denied" },
		  "vfio-permissions" },
		{ { "BAR 1: can\xe2\x80\x99t reserve [mem 0xc0000000-0xcfffffff]" },
		  "framebuffer-conflict" },
		{ { "the device, with a firmware that has requested this device have a",
		    "kernel: 1:1 IOMMU mapping" },
		  "log-not-known" },
		{ { "something else that went on for long and then Verify all devices in group",
		    "[   12.3] 23 are bound to vfio-<bus> or pci-stub" },
		  "log-not-known" },
		{ { "a line of more than thirty letters, that ends here", "and \xe2\x80\x9c"
									  "another\xe2\x80\x9d" },
		  "log-not-known" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) findings = explain(cases[i].lines);
		g_assert_cmpuint(findings->len, ==, 1);
		const struct finding *finding = findings->pdata[0];
		g_assert_cmpstr(finding->id, ==, cases[i].id);
	}
}

static void test_unknown(void)
{
	static const char *const nothing[] = { "all is well", NULL };
	static const char *const odd[] = { "error: never heard of", "vfio: group 1 is not viable",
					   NULL };
	g_autoptr(GPtrArray) none = explain(nothing);
	g_autoptr(GPtrArray) some = explain(odd);

	g_assert_cmpuint(none->len, ==, 1);
	g_assert_cmpint(((struct finding *)none->pdata[0])->verdict, ==, FINDING_UNKNOWN);
	g_assert_false(findings_are_bad(none));
	g_assert_cmpuint(some->len, ==, 2);
	const struct finding *unknown = some->pdata[1];
	g_assert_cmpstr(unknown->id, ==, "log-not-known");
	g_assert_cmpstr(unknown->evidence->pdata[0], ==, "a.log:1: error: never heard of");
}

/* Whatever a log holds: nothing grows with its length, and nothing of it reaches the terminal raw.
 */
static void test_hostile(void)
{
	struct log_reader *reader = log_reader_new("a.log");
	g_autoptr(GPtrArray) findings = findings_new();
	GRand *rand = g_rand_new_with_seed(g_test_rand_int_range(0, G_MAXINT32) & G_MAXINT32);
	char line[600];

	for (unsigned n = 0; n < 20000; n++) {
		for (size_t i = 0; i < sizeof(line); i++)
			line[i] = (char)g_rand_int_range(rand, 0, 256);
		log_reader_line(reader, line, (size_t)g_rand_int_range(rand, 0, sizeof(line)));
		g_autofree char *many =
			g_strdup_printf("\033[31m%04x:01:00.0 group 1 is not viable\033]0;x\007",
					n % 5000);
		log_reader_line(reader, many, strlen(many));
	}
	log_reader_finish(reader, findings, false);
	g_rand_free(rand);
	g_assert_cmpuint(findings->len, <=, 201);
	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = findings->pdata[i];
		for (guint j = 0; j < finding->evidence->len; j++)
			for (const char *c = finding->evidence->pdata[j]; *c; c++)
				g_assert_true((unsigned char)*c >= ' ');
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
		g_autofree char *name = g_strconcat("/sample/", samples[i].id, NULL);
		g_test_add_data_func(name, &samples[i], test_sample);
	}
	g_test_add_func("/table", test_table);
	g_test_add_func("/log/once", test_once);
	g_test_add_func("/log/posted", test_posted);
	g_test_add_func("/log/unknown", test_unknown);
	g_test_add_func("/log/hostile", test_hostile);
	return g_test_run();
}
