#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A Secret Service that does what real ones seldom do. Debian's own Python, for python3-gi.

    mock_secret_service.py READY JOURNAL PLAN

PLAN is a file of JSON:
    {"items": [{"attributes": {}, "secret": TEXT or null, "locked": false, "label": "",
                "modified": 0}],
     "collection": "locked" | "unlocked" | "none",
     "prompt": {"after": SECONDS or null, "accepts": true},   # null: never answered
     "silent": ["CreateItem"],          # calls that are never answered
     "failing": ["CreateItem"],         # calls that are answered with an error
     "lost": ["CreateItem"],            # carried out, and the answer is lost
     "times": 1,                        # how often "failing" fails
     "cuts": 100}                       # secrets are kept to this length
JOURNAL gets the name of each call, a line.
"""
import json
import sys

from gi.repository import Gio, GLib

SERVICE_PATH = "/org/freedesktop/secrets"
COLLECTION_PATH = SERVICE_PATH + "/collection/login"
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
INTERFACES = {each.name: each for each in Gio.DBusNodeInfo.new_for_xml(XML).interfaces}


class Refused(Exception):
    pass


class Mock:
    def __init__(self, connection, ready, journal, plan):
        self.connection, self.ready, self.journal, self.plan = connection, ready, journal, plan
        self.items, self.made = {}, 0
        self.fails_left = plan.get("times", 1 << 30)
        self.is_locked = plan.get("collection") == "locked"
        for item in plan.get("items", []):
            self.add(dict(item))
        self.register(SERVICE_PATH, "Service", self.service_properties)
        if plan.get("collection") != "none":
            self.register(COLLECTION_PATH, "Collection", self.collection_properties)

    def register(self, path, interface, properties=None):
        def call(_connection, _sender, at, _interface, method, arguments, invocation):
            self.called(at, method, arguments.unpack(), invocation)

        def get(_connection, _sender, at, _interface, name):
            return properties(at)[name]

        return self.connection.register_object(path, INTERFACES[SECRET + interface], call, get, None)

    def add(self, item):
        self.made += 1
        path = f"{COLLECTION_PATH}/{self.made}"
        item["id"] = self.register(path, "Item", self.item_properties)
        self.items[path] = item
        return path

    def called(self, path, method, arguments, invocation):
        with open(self.journal, "a") as file:
            file.write(method + "\n")
        if method in self.plan.get("silent", []):
            return
        if method in self.plan.get("failing", []) and self.fails_left > 0:
            self.fails_left -= 1
            invocation.return_dbus_error("org.freedesktop.DBus.Error.Failed", "as planned")
            return
        try:
            answer = getattr(self, method)(path, *arguments)
        except Refused as refusal:
            invocation.return_dbus_error(str(refusal), "no")
            return
        if method not in self.plan.get("lost", []):
            invocation.return_value(answer)

    # ---- Properties ----

    def service_properties(self, _path):
        paths = [] if self.plan.get("collection") == "none" else [COLLECTION_PATH]
        return {"Collections": GLib.Variant("ao", paths)}

    def collection_properties(self, _path):
        return {"Items": GLib.Variant("ao", list(self.items)), "Label": GLib.Variant("s", "Login"),
                "Locked": GLib.Variant("b", self.is_locked), "Created": GLib.Variant("t", 1),
                "Modified": GLib.Variant("t", 1)}

    def is_item_locked(self, item):
        return self.is_locked or item.get("locked", False)

    def item_properties(self, path):
        item = self.items[path]
        return {"Attributes": GLib.Variant("a{ss}", item["attributes"]),
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
        found = [path for path, item in self.items.items()
                 if all(item["attributes"].get(name) == value for name, value in wanted.items())]
        locked = [path for path in found if self.is_item_locked(self.items[path])]
        return GLib.Variant("(aoao)", ([path for path in found if path not in locked], locked))

    def GetSecrets(self, _path, paths, session):
        secrets = {path: (session, b"", self.items[path]["secret"].encode("latin-1"), "text/plain")
                   for path in paths
                   if path in self.items and self.items[path].get("secret") is not None}
        return GLib.Variant("(a{o(oayays)})", (secrets,))

    def ReadAlias(self, _path, name):
        has = name == "default" and self.plan.get("collection") != "none"
        return GLib.Variant("(o)", (COLLECTION_PATH if has else "/",))

    def kept(self, secret):
        return bytes(secret[2])[:self.plan.get("cuts", 1 << 30)].decode("latin-1")

    def CreateItem(self, _path, properties, secret, replace):
        if self.is_locked:
            raise Refused("org.freedesktop.Secret.Error.IsLocked")
        if replace:
            raise Refused("org.freedesktop.DBus.Error.InvalidArgs")
        path = self.add({"attributes": properties[SECRET + "Item.Attributes"],
                         "label": properties[SECRET + "Item.Label"], "secret": self.kept(secret)})
        return GLib.Variant("(oo)", (path, "/"))

    def SetSecret(self, path, secret):
        self.items[path]["secret"] = self.kept(secret)
        return None

    def Delete(self, path):
        item = self.items.pop(path)
        self.connection.unregister_object(item["id"])
        return GLib.Variant("(o)", ("/",))

    def Unlock(self, _path, objects):
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
    mock = Mock(connection, ready, journal, json.load(open(plan)))

    def acquired(*_):
        open(mock.ready, "w").close()

    Gio.bus_own_name_on_connection(connection, "org.freedesktop.secrets",
                                   Gio.BusNameOwnerFlags.NONE, acquired, None)
    GLib.MainLoop().run()


main()
