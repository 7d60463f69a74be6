#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A Secret Service that does what real ones seldom do. Debian's own Python, for python3-gi.

    mock_secret_service.py READY JOURNAL PLAN

PLAN is a file of JSON:
    {"items": [{"attributes": {}, "secret": TEXT or null, "locked": false, "label": "",
                "modified": 0}],
     "collection": "locked" | "unlocked" | "none",
     "nameless": true,                  # no alias leads there, and the session's and locked ones come first
     "prompt": {"after": SECONDS or null, "accepts": true},   # null: never answered
     "silent": ["CreateItem"],          # calls that are never answered
     "failing": ["CreateItem"],         # calls that are answered with an error
     "lost": ["CreateItem"],            # carried out, and the answer is lost
     "estranged": 2,                    # nobody can read the first so many answers of GetSecrets
     "hollow": 1,                       # the first so many items are made without a secret, and refused
     "times": 1,                        # how often "failing" fails
     "spares": {"GetSecrets": 1},       # so many of these calls are answered well before anything else is done
     "cuts": 100,                       # secrets are kept to this length
     "answers": {"SearchItems": "('x',)"},      # whatever is asked, and of whatever type (GVariant)
     "properties": {"Item.Locked": "'x'" or null},  # the same of a property; null: there is none
     "errors": {"GetSecrets": ["org.example.Odd", "what it says"]},
     "slow": {"SearchItems": 0.5},      # seconds until this call is answered
     "shows": "all",                    # a search finds every item, whatever was searched
     "copies": 1000,                    # so many of each item
     "vanish": ["GetSecrets"],          # the items are gone when this call comes
     "dies": ["GetSecrets"],            # so does the service
     "leaves": ["SearchItems"],         # it does when it has answered this call
     "ends_bus": {"GetSecrets": PID},   # the bus does
     "unlocks": "says"}                 # Unlock says that it did, and did not
A secret may be {"repeat": TEXT, "times": N}; so may the value of an attribute. Calls are those of the
Secret Service, and Get and GetAll of its properties. JOURNAL gets the name of each call, a line, and the
path of each item whose secret is asked for. At SIGUSR1 it begins anew with what PLAN says by then, and
makes READY again.
"""
import json
import os
import signal
import sys
import xml.etree.ElementTree as ElementTree

from gi.repository import Gio, GLib

SERVICE_PATH = "/org/freedesktop/secrets"
COLLECTION_PATH = SERVICE_PATH + "/collection/login"
SESSION_PATH = SERVICE_PATH + "/collection/session"
LOCKED_PATHS = [SERVICE_PATH + "/collection/a", SERVICE_PATH + "/collection/b"]
SECRET = "org.freedesktop.Secret."
XML = """
<node>
 <interface name="org.freedesktop.Secret.Service">
  <method name="OpenSession"><arg direction="in" type="s"/><arg direction="in" type="v"/>
   <arg direction="out" type="v"/><arg direction="out" type="o"/></method>
  <method name="SearchItems"><arg direction="in" type="a{ss}"/>
   <arg direction="out" type="ao"/><arg direction="out" type="ao"/></method>
  <method name="Unlock"><arg direction="in" type="ao"/><arg direction="out" type="ao"/>
   <arg direction="out" type="o"/></method>
  <method name="GetSecrets"><arg direction="in" type="ao"/><arg direction="in" type="o"/>
   <arg direction="out" type="a{o(oayays)}"/></method>
  <method name="ReadAlias"><arg direction="in" type="s"/><arg direction="out" type="o"/></method>
  <property name="Collections" type="ao" access="read"/>
 </interface>
 <interface name="org.freedesktop.Secret.Collection">
  <method name="CreateItem"><arg direction="in" type="a{sv}"/><arg direction="in" type="(oayays)"/>
   <arg direction="in" type="b"/><arg direction="out" type="o"/><arg direction="out" type="o"/></method>
  <property name="Items" type="ao" access="read"/>
  <property name="Label" type="s" access="read"/>
  <property name="Locked" type="b" access="read"/>
  <property name="Created" type="t" access="read"/>
  <property name="Modified" type="t" access="read"/>
 </interface>
 <interface name="org.freedesktop.Secret.Item">
  <method name="SetSecret"><arg direction="in" type="(oayays)"/></method>
  <method name="Delete"><arg direction="out" type="o"/></method>
  <property name="Attributes" type="a{ss}" access="read"/>
  <property name="Label" type="s" access="read"/>
  <property name="Locked" type="b" access="read"/>
  <property name="Created" type="t" access="read"/>
  <property name="Modified" type="t" access="read"/>
 </interface>
 <interface name="org.freedesktop.Secret.Prompt">
  <method name="Prompt"><arg direction="in" type="s"/></method>
  <method name="Dismiss"/>
  <signal name="Completed"><arg type="b"/><arg type="v"/></signal>
 </interface>
</node>"""


def parsed(text):
    return GLib.Variant.parse(None, text, None, None)


def interfaces(plan):
    """What is said to be there, with properties of the types that are planned."""
    tree = ElementTree.fromstring(XML)
    for interface in tree.iter("interface"):
        short = interface.get("name").removeprefix(SECRET)
        for member in interface.findall("property"):
            name = f"{short}.{member.get('name')}"
            if name in plan.get("properties", {}):
                text = plan["properties"][name]
                interface.remove(member)
                if text is not None:
                    member.set("type", parsed(text).get_type_string())
                    interface.append(member)
    text = ElementTree.tostring(tree, encoding="unicode")
    return {each.name: each for each in Gio.DBusNodeInfo.new_for_xml(text).interfaces}


def text_of(value):
    return value["repeat"] * value["times"] if isinstance(value, dict) else value


class Refused(Exception):
    pass


class Mock:
    def __init__(self, connection, ready, journal, plan):
        self.connection, self.ready, self.journal, self.plan = connection, ready, journal, plan
        self.items, self.made, self.registered, self.properties = {}, 0, [], {}
        self.spared = dict(plan.get("spares", {}))
        self.interfaces = interfaces(plan)
        self.fails_left = plan.get("times", 1 << 30)
        self.estranged, self.hollow = plan.get("estranged", 0), plan.get("hollow", 0)
        self.is_locked = plan.get("collection") == "locked"
        for item in plan.get("items", []) * plan.get("copies", 1):
            self.add(dict(item))
        self.register(SERVICE_PATH, "Service", self.service_properties)
        if plan.get("collection") != "none":
            self.register(COLLECTION_PATH, "Collection", self.collection_properties)
        for path in [SESSION_PATH] + LOCKED_PATHS if plan.get("nameless") else []:
            self.register(path, "Collection", self.collection_properties)

    def register(self, path, interface, properties=None):
        def call(_connection, _sender, at, _interface, method, arguments, invocation):
            self.called(at, method, arguments.unpack(), invocation)

        # Without a function that gets them, GDBus hands on the calls that ask for properties.
        number = self.connection.register_object(path, self.interfaces[SECRET + interface], call,
                                                 None, None)
        self.properties[path] = properties
        self.registered.append(number)
        return number

    def close(self):
        for number in self.registered:
            self.connection.unregister_object(number)

    def add(self, item):
        self.made += 1
        path = f"{COLLECTION_PATH}/{self.made}"
        item["id"] = self.register(path, "Item", self.item_properties)
        self.items[path] = item
        return path

    def called(self, path, method, arguments, invocation):
        with open(self.journal, "a") as file:
            file.write(method + "\n")
            if method == "GetSecrets":
                file.writelines(each + "\n" for each in arguments[0])
        if self.spared.get(method, 0) > 0:
            self.spared[method] -= 1
            invocation.return_value(getattr(self, method)(path, *arguments))
            return
        if method == "GetSecrets" and self.estranged > 0:
            self.estranged -= 1
            arguments = (arguments[0], arguments[1] + "x")  # the session
        if method in self.plan.get("dies", []):
            os._exit(0)
        if method in self.plan.get("ends_bus", {}):
            os.kill(self.plan["ends_bus"][method], signal.SIGKILL)
        if method in self.plan.get("vanish", []):
            for each in list(self.items):
                self.Delete(each)
        slow_s = self.plan.get("slow", {}).get(method, 0)
        if slow_s > 0:
            GLib.timeout_add(int(slow_s * 1000), self.answer, path, method, arguments, invocation)
        elif method not in self.plan.get("silent", []):
            self.answer(path, method, arguments, invocation)

    def answer(self, path, method, arguments, invocation):
        if method in self.plan.get("failing", []) and self.fails_left > 0:
            self.fails_left -= 1
            invocation.return_dbus_error("org.freedesktop.DBus.Error.Failed", "as planned")
            return False
        if method in self.plan.get("errors", {}):
            invocation.return_dbus_error(*self.plan["errors"][method])
            return False
        text = self.plan.get("answers", {}).get(method)
        try:
            answer = getattr(self, method)(path, *arguments) if text is None else None
        except Refused as refusal:
            invocation.return_dbus_error(str(refusal), "no")
            return False
        except KeyError:
            invocation.return_dbus_error("org.freedesktop.Secret.Error.NoSuchObject", "gone")
            return False
        if text is not None:
            self.say(parsed(text), invocation)
        elif method not in self.plan.get("lost", []):
            invocation.return_value(answer)
        if method in self.plan.get("leaves", []):
            self.connection.flush_sync(None)
            os._exit(0)
        return False  # of a timer: not again

    def say(self, answer, invocation):
        """Whatever its type: GDBus itself lets nobody answer with others than those of the interface."""
        message = Gio.DBusMessage.new_method_reply(invocation.get_message())
        message.set_body(answer)
        self.connection.send_message(message, Gio.DBusSendMessageFlags.NONE)

    # ---- Properties ----

    def value_of(self, path, interface, name):
        text = self.plan.get("properties", {}).get(f"{interface.removeprefix(SECRET)}.{name}")
        return self.properties[path](path)[name] if text is None else parsed(text)

    def Get(self, path, interface, name):
        return GLib.Variant("(v)", (self.value_of(path, interface, name),))

    def GetAll(self, path, interface):
        return GLib.Variant("(a{sv})", ({each.name: self.value_of(path, interface, each.name)
                                         for each in self.interfaces[interface].properties},))

    def service_properties(self, _path):
        paths = [SESSION_PATH] + LOCKED_PATHS if self.plan.get("nameless") else []
        paths += [] if self.plan.get("collection") == "none" else [COLLECTION_PATH]
        return {"Collections": GLib.Variant("ao", paths)}

    def collection_properties(self, path):
        return {"Items": GLib.Variant("ao", list(self.items)), "Label": GLib.Variant("s", "Login"),
                "Locked": GLib.Variant("b", self.is_locked or path in LOCKED_PATHS),
                "Created": GLib.Variant("t", 1),
                "Modified": GLib.Variant("t", 1)}

    def is_item_locked(self, item):
        return self.is_locked or item.get("locked", False)

    def item_properties(self, path):
        item = self.items[path]
        attributes = {name: text_of(value) for name, value in item["attributes"].items()}
        return {"Attributes": GLib.Variant("a{ss}", attributes),
                "Label": GLib.Variant("s", item.get("label", "")),
                "Locked": GLib.Variant("b", self.is_item_locked(item)),
                "Created": GLib.Variant("t", item.get("modified", 1)),
                "Modified": GLib.Variant("t", item.get("modified", 1))}

    # ---- Methods ----

    def OpenSession(self, _path, algorithm, _input):
        if algorithm != "plain":
            raise Refused("org.freedesktop.DBus.Error.NotSupported")
        return GLib.Variant("(vo)", (GLib.Variant("s", ""), SERVICE_PATH + "/session/s"))

    def SearchItems(self, _path, wanted):
        found = [path for path, item in self.items.items() if self.plan.get("shows") == "all" or
                 all(item["attributes"].get(name) == value for name, value in wanted.items())]
        locked = [path for path in found if self.is_item_locked(self.items[path])]
        return GLib.Variant("(aoao)", ([path for path in found if path not in locked], locked))

    def GetSecrets(self, _path, paths, session):
        secrets = {path: (session, b"", self.secret_of(path), "text/plain") for path in paths
                   if path in self.items and self.items[path].get("secret") is not None}
        return GLib.Variant("(a{o(oayays)})", (secrets,))

    def secret_of(self, path):
        return text_of(self.items[path]["secret"]).encode("latin-1")

    def ReadAlias(self, _path, name):
        if self.plan.get("nameless"):
            return GLib.Variant("(o)", (SESSION_PATH if name == "session" else "/",))
        has = name == "default" and self.plan.get("collection") != "none"
        return GLib.Variant("(o)", (COLLECTION_PATH if has else "/",))

    def kept(self, secret):
        return bytes(secret[2])[:self.plan.get("cuts", 1 << 30)].decode("latin-1")

    def CreateItem(self, path, properties, secret, replace):
        if self.is_locked or path != COLLECTION_PATH:
            raise Refused("org.freedesktop.Secret.Error.IsLocked")
        if replace:
            raise Refused("org.freedesktop.DBus.Error.InvalidArgs")
        path = self.add({"attributes": properties[SECRET + "Item.Attributes"],
                         "label": properties[SECRET + "Item.Label"],
                         "secret": "" if self.hollow > 0 else self.kept(secret)})
        if self.hollow > 0:
            self.hollow -= 1
            raise Refused("org.freedesktop.DBus.Error.InvalidObjectPath")
        return GLib.Variant("(oo)", (path, "/"))

    def SetSecret(self, path, secret):
        self.items[path]["secret"] = self.kept(secret)
        return None

    def Delete(self, path):
        item = self.items.pop(path)
        self.registered.remove(item["id"])
        self.connection.unregister_object(item["id"])
        return GLib.Variant("(o)", ("/",))

    def Unlock(self, _path, objects):
        if self.plan.get("unlocks") == "says":
            return GLib.Variant("(aoo)", (objects, "/"))
        self.made += 1
        prompt = f"{SERVICE_PATH}/prompt/p{self.made}"
        self.asked = objects
        self.register(prompt, "Prompt")
        return GLib.Variant("(aoo)", ([], prompt))

    def Prompt(self, path, _window):
        plan = self.plan.get("prompt", {"after": 0, "accepts": False})
        if plan["after"] is not None:
            GLib.timeout_add(int(plan["after"] * 1000), self.complete, path, plan["accepts"])
        return None

    def complete(self, path, is_accepted):
        if is_accepted:
            self.is_locked = False
            for item in self.items.values():
                item["locked"] = False
        value = GLib.Variant("ao", self.asked if is_accepted else [])
        self.connection.emit_signal(None, path, SECRET + "Prompt", "Completed",
                                    GLib.Variant("(bv)", (not is_accepted, value)))
        return False

    def Dismiss(self, path):
        self.complete(path, False)
        return None


def main():
    ready, journal, plan = sys.argv[1:]
    open(journal, "w").close()
    connection = Gio.bus_get_sync(Gio.BusType.SESSION)
    mocks = [Mock(connection, ready, journal, json.load(open(plan)))]

    def acquired(*_):
        open(ready, "w").close()

    def begin_anew():
        mocks.pop().close()
        open(journal, "w").close()
        mocks.append(Mock(connection, ready, journal, json.load(open(plan))))
        acquired()
        return True

    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGUSR1, begin_anew)
    Gio.bus_own_name_on_connection(connection, "org.freedesktop.secrets",
                                   Gio.BusNameOwnerFlags.NONE, acquired, None)
    GLib.MainLoop().run()


main()
