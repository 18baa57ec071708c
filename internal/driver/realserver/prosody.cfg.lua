-- Prosody for tests: loopback only, no federation, rooms at rooms.example.test.
daemonize = false
interfaces = { "127.0.0.1" }
c2s_ports = { @PORT@ }
c2s_direct_tls_ports = { @TLSPORT@ }
s2s_ports = { }
component_ports = { }
http_ports = { }
https_ports = { }
data_path = "@BASE@/data"
plugin_paths = { "/usr/lib/prosody/modules" }
log = { info = "@BASE@/log" }
c2s_require_encryption = @ENCRYPT@
allow_unencrypted_plain_auth = true
authentication = "@AUTH@"
allow_registration = true
storage = "internal"
modules_enabled = { "saslauth"; "disco"; "ping"; "register"; "roster"; "offline"; "presence"; "message"; "iq"; "version"; @MODULES@ }
modules_disabled = { "s2s"; "posix"; @DISABLED@ }
ssl = { key = "@BASE@/key.pem"; certificate = "@BASE@/cert.pem"@PROTOCOL@ }
@MORE@

VirtualHost "example.test"
Component "rooms.example.test" "muc"
  modules_enabled = { }
  muc_room_locking = false
  muc_room_default_public = true
