"""What the kernel says of a machine, as guest/facts printed it."""


class Function:
    def __init__(self, words):
        keys = ["address", "class", "vendor", "device", "subsystem_vendor", "subsystem_device",
                "revision", "boot_vga", "driver", "group", "driver_override", "path"]
        values = dict(zip(keys, words))
        self.address = values["address"]
        self.ids = {key: values[key].replace("0x", "") for key in keys[1:7]}
        self.boot_vga = values["boot_vga"] == "1"
        self.driver = known(values["driver"])
        self.override = None if values["driver_override"] in ("-", "(null)") \
            else values["driver_override"]
        self.group = None if values["group"] == "-" else int(values["group"])
        # "0000:00:02.0", "0000:01:00.0", …: from the root bus to the function itself
        self.path = [part for part in values["path"].split("/")[3:] if part.count(":") == 2]


def known(word):
    return None if word == "-" else word


class Facts:
    def __init__(self, text):
        self.units, self.drivers, self.tables = [], [], []
        self.types, self.members, self.functions = {}, {}, {}
        self.usb = {} # name: (vendor, product, address of the controller)
        self.remapped = False
        for line in text.splitlines():
            kind, *words = line.split(" ")
            getattr(self, "take_" + kind)(words)

    def take_unit(self, words):
        self.units.append(words[0])
        self.drivers.append(known(words[1]))

    def take_table(self, words):
        self.tables.append(words[0])

    def take_group(self, words):
        self.types[int(words[0])] = known(words[1])
        self.members[int(words[0])] = set()

    def take_member(self, words):
        self.members[int(words[0])].add(words[1])

    def take_function(self, words):
        function = Function(words)
        self.functions[function.address] = function

    def take_remapped(self, words):
        self.remapped = words == ["yes"]

    def take_usb(self, words):
        name, vendor, product, path = words
        functions = [part for part in path.split("/") if part.count(":") == 2]
        self.usb[name] = (vendor, product, functions[-1])

    def default_domain(self):
        """What most groups have got: "passthrough", "translated" or None."""
        types = [kind for kind in self.types.values() if kind]
        identity = types.count("identity")
        translated = len([kind for kind in types if kind.startswith("DMA")])
        if identity + translated == 0:
            return None
        return "passthrough" if identity > translated else "translated"

    def vendor(self):
        """By the units' drivers or names, or else by the firmware's tables."""
        names = {"dmar": "intel", "ivhd": "amd"}
        for unit, driver in zip(self.units, self.drivers):
            return "virtio" if driver == "virtio_iommu" else names.get(unit.rstrip("0123456789"))
        names = {"DMAR": "intel", "IVRS": "amd", "VIOT": "virtio"}
        return names.get(self.tables[0]) if self.tables else None
