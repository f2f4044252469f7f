"""What vfiokit leaves in a machine, and by what it is seen there."""

from vdisk.play import differs

CARD = ["0000:01:00.0", "0000:01:00.1"]
TWIN, OTHER_TWIN = "0000:02:00.0", "0000:03:00.0"

TRIAL_WORD = "vfiokit=trial"

RULE = "etc/udev/rules.d/10-vfiokit.rules"

# All that is ours but the history, with what was not finished, and folders that were made for it.
FILES = ("find /etc /boot -name '*vfiokit*'; grep -l vfiokit /boot/grub/* /boot/efi/loader/entries/* "
         "2>/dev/null; ls -d /etc/systemd/system/multi-user.target.d 2>/dev/null; true")

# What the boot loader makes its menu of.
MENUS = {"grub": "/boot/grub/grub.cfg", "sdboot": "/boot/efi/loader/entries/*.conf"}

LISTERS = {"grub": "lsinitramfs /boot/initrd.img-*",
           "sdboot": "for i in $(find /boot -name 'initrd*' -size +100k); do lsinitrd $i; done"}


def bound_as(drivers, before, bound):
    """Nothing but what was asked for has another driver."""
    expected = dict(before, **{address: "vfio-pci" for address in bound})
    return differs("drivers", drivers, expected)


def seen_by_host(play, addresses):
    """What the kernel's log says of these functions and drivers of the host, of this boot."""
    drivers = ("bochs-drm", "snd_hda_intel", "e1000e")
    return [line for line in play.ask("dmesg").splitlines()
            for address in addresses
            if any(f"{driver} {address}" in line for driver in drivers) or
            ("Initialized" in line and f"for {address}" in line)]


def unseen_by_host(play, addresses):
    """Those of the functions that the log does not name with a driver of the host's."""
    lines = seen_by_host(play, addresses)
    return [f"no driver of the host has seen {address}" for address in addresses
            if not any(address in line for line in lines)]


def newest(play):
    """The newest change of the history; None: there is none."""
    changes = play.json("history")["changes"]
    return changes[0] if changes else None
