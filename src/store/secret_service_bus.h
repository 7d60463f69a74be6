/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is there a session bus that may be used? Decided before libsecret is opened, because GLib would
 * start a bus of its own where there is none, and run programs that an address names.
 *
 * Source: D-Bus Specification, "Server Addresses"; the address of the session bus is that of
 * DBUS_SESSION_BUS_ADDRESS, else the socket `bus` in XDG_RUNTIME_DIR, as in GLib.
 */
#ifndef LOOM_STORE_SECRET_SERVICE_BUS_H
#define LOOM_STORE_SECRET_SERVICE_BUS_H

/*
 * Both may be NULL. 0: a bus of this user accepts connections. ENOENT: there is none, or its
 * address leads elsewhere than to a socket of this machine. ETIMEDOUT: it exists and accepts
 * nobody.
 */
int loom_secret_service_bus_probe(const char *bus_address, const char *runtime_folder);

#endif
