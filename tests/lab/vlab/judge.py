"""Is what vfiokit says true? Compares its JSON with what the kernel says (facts.Facts)."""

import json

# ---- agree check ----


def differ(what, said, truth):
    return [] if said == truth else [f"{what}: vfiokit says {said!r}, the kernel {truth!r}"]


def judge_iommu(said, facts):
    problems = differ("units", sorted(said["units"]), sorted(facts.units))
    problems += differ("vendor", said["vendor"], facts.vendor())
    problems += differ("default_domain", said["default_domain"], facts.default_domain())
    if facts.types:
        problems += differ("state", said["state"], "enabled")
        problems += differ("interrupt_remapping", said["interrupt_remapping"], facts.remapped)
    elif said["state"] == "enabled":
        problems.append("state: vfiokit says 'enabled', and there are no groups")
    if not facts.types and not said["cause"]:
        problems.append("cause: there are no groups, and vfiokit does not say why")
    return problems


def judge_function(said, facts):
    truth = facts.functions.get(said["address"])
    if not truth:
        return [f"{said['address']}: the kernel has no such function"]
    problems = differ(f"{said['address']} driver", said["driver"], truth.driver)
    problems += differ(f"{said['address']} driver_override", said["driver_override"], truth.override)
    problems += differ(f"{said['address']} boot_vga", bool(said["boot_vga"]), truth.boot_vga)
    for key, value in truth.ids.items():
        # Bridges have no subsystem ids of their own: nothing, or zeros.
        if key.startswith("subsystem") and said[key] is None:
            problems += differ(f"{said['address']} {key}", "0000", value)
        else:
            problems += differ(f"{said['address']} {key}", said[key], value)
    return problems


# Drivers that leave the DMA of a group to others (domain.md §2.3).
HARMLESS = {None, "vfio-pci", "pci-stub", "pcieport"}


def judge_group(said, facts):
    number = said["id"]
    if number not in facts.members:
        return [f"group {number}: the kernel has none"]
    members = [device["address"] for device in said["devices"]]
    problems = differ(f"group {number} members", members, sorted(facts.members[number]))
    problems += differ(f"group {number} type", said["type"], facts.types[number])
    # As cli.md has it, bridges apart.
    ends = [facts.functions[address] for address in facts.members[number]
            if not facts.functions[address].ids["class"].startswith("06")]
    problems += differ(f"group {number} viable", said["viable"],
                       {end.driver for end in ends} <= HARMLESS)
    problems += differ(f"group {number} isolated", said["isolated"],
                       len({end.address.split(".")[0] for end in ends}) <= 1)
    return problems


def judge_check(said, facts):
    """The problems with the JSON of `check`: texts, none when it says what the kernel says."""
    problems = judge_iommu(said["iommu"], facts)
    problems += differ("groups", [group["id"] for group in said["groups"]], sorted(facts.types))
    devices = [device for group in said["groups"] for device in group["devices"]]
    problems += differ("functions in groups and outside",
                       sorted(device["address"] for device in devices + said["ungrouped"]),
                       sorted(facts.functions))
    problems += differ("ungrouped", [device["address"] for device in said["ungrouped"]],
                       [address for address, function in sorted(facts.functions.items())
                        if function.group is None])
    for group in said["groups"]:
        problems += judge_group(group, facts)
    for device in devices + said["ungrouped"]:
        problems += judge_function(device, facts)
    return problems


# ---- agree prediction ----

def kernel_groups(facts):
    return {frozenset(members) for members in facts.members.values() if members}


def show_groups(groups):
    return "; ".join(" ".join(sorted(group)) for group in sorted(groups, key=sorted)) or "none"


def compare_groups(said, truth):
    said_only, truth_only = said - truth, truth - said
    if not said_only and not truth_only:
        return []
    return [f"predicted, but not so: {show_groups(said_only)}",
            f"the kernel's, not predicted: {show_groups(truth_only)}"]


def judge_prediction(said, facts):
    """Predicted = the kernel's, vfiokit knows that, and nothing is unknown."""
    prediction = said["prediction"]
    problems = compare_groups({frozenset(group) for group in prediction["groups"]},
                              kernel_groups(facts))
    problems += [f"unknown to the prediction: {address}" for address in prediction["unknown"]]
    if prediction["equal"] is not True:
        problems.append(f"equal is {prediction['equal']!r}")
    return problems


def judge_caution(said, facts):
    """Of what little could be read some groups are unknown; those predicted are the kernel's."""
    prediction = said["prediction"]
    unknown = set(prediction["unknown"])
    problems = [] if unknown else ["nothing is unknown to the prediction, and nobody could read"]
    truth = {group - unknown for group in kernel_groups(facts)} - {frozenset()}
    said_groups = {frozenset(group) - unknown for group in prediction["groups"]} - {frozenset()}
    return problems + compare_groups(said_groups, truth)


# ---- agree usb ----

def flatten(device, parents, found):
    found[device["port"]] = (device["vendor"], device["product"], parents)
    for child in device.get("devices", []):
        flatten(child, parents, found)


def judge_usb(said, facts):
    """The same USB devices, with the same ids, behind the same controllers."""
    found = {}
    for controller in said["controllers"]:
        for bus in controller["buses"]:
            flatten(bus, controller["address"], found)
    problems = differ("USB devices", sorted(found), sorted(facts.usb))
    for name in set(found) & set(facts.usb):
        problems += differ(f"USB device {name}", found[name], facts.usb[name])
    for controller in said["controllers"]:
        problems += judge_function(controller, facts)
    problems += differ("USB controllers",
                       sorted(controller["address"] for controller in said["controllers"]),
                       [address for address, function in sorted(facts.functions.items())
                        if function.ids["class"].startswith("0c03")])
    return problems


# ---- agree identify ----

def judge_identify(said, facts):
    """The device that was there before is told with its ids, its controller and that one's group."""
    device, controller = said["device"], said["controller"]
    found = (device["vendor"], device["product"], controller["address"])
    problems = differ(f"USB device {device['port']}", found, facts.usb.get(device["port"]))
    problems += judge_function(controller, facts)
    truth = facts.functions.get(controller["address"])
    if truth:
        problems += differ("group", controller["group"], truth.group)
        problems += differ("group_devices", controller["group_devices"],
                           sorted(facts.members.get(truth.group, [])))
    others = [name for name, (_, _, address) in sorted(facts.usb.items())
              if address == controller["address"] and name != device["port"]
              and not name.startswith("usb")]
    return problems + differ("others", [other["port"] for other in said["others"]], others)


AGREE = {"check": judge_check, "prediction": judge_prediction, "caution": judge_caution,
         "usb": judge_usb, "identify": judge_identify}

# ---- expect PATH is|has|lacks VALUE ----


def look_up(document, path):
    """"groups[0].type": the value there; KeyError, with the part that is not there."""
    value = document
    for part in path.replace("[", ".[").split("."):
        try:
            value = value[int(part[1:-1])] if part.startswith("[") else value[part]
        except (KeyError, IndexError, TypeError, ValueError):
            raise KeyError(part) from None
    return value


def judge_expectation(document, path, relation, wanted):
    try:
        value = look_up(document, path)
    except KeyError as error:
        return [f"{path}: there is no {error}"]
    good = {
        "is": lambda: value == wanted,
        "has": lambda: value is not None and wanted in value,
        "lacks": lambda: value is not None and wanted not in value,
    }[relation]()
    return [] if good else [f"{path} is {json.dumps(value)}, which {relation} not "
                            f"{json.dumps(wanted)}" if relation == "is" else
                            f"{path} is {json.dumps(value)}: '{relation}' "
                            f"{json.dumps(wanted)} is wrong"]
