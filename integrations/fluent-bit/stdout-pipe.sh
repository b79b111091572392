#!/bin/sh
# Fluent Bit collects, vires tags, the next command takes it from there. `exec` on the last part lets a service manager stop it.
fluent-bit -q -i tail -p path='/var/log/audit/*.ndjson' -p buffer_max_size=1m -o stdout -p format=json_lines |
    exec /usr/local/bin/vires tag --output /var/log/nhi.ndjson
