/* Where in the guide the rules lead: sections, by the names of their headings. */
#pragma once

#define SEE_HARDWARE  "guide#minimum-hardware"
#define SEE_SOFTWARE  "guide#software-dependencies"
#define SEE_IOMMU     "guide#iommu-not-enabled"
#define SEE_IDENTIFY  "guide#identify-hardware"
#define SEE_ISOLATE   "guide#isolate-gpu"
#define SEE_GPU_USED  "guide#gpu-still-used-by-host"
#define SEE_CODE_43   "guide#code-43-error-nvidia-gpu-in-windows"
#define SEE_RESET     "guide#reset-bug-gpu-not-working-after-vm-shutdown"
#define SEE_USB       "guide#usb-device-not-detected"
#define SEE_LIBVIRT   "guide#libvirt-xml"
#define SEE_HUGEPAGES "guide#hugepages"
#define SEE_PINNING   "guide#cpu-pinning"
#define SEE_SECURITY  "guide#important-security-notes"
#define SEE_PRACTICES "guide#best-practices"
#define SEE_DEBUG     "guide#debug-commands"
