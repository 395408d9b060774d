#!/bin/sh
# Stands in for systemd where none runs: service.sh start|reload|stop HOME PORT. It says "started" when it has started the server.
home=$2; port=$3; pid=$home/serve.pid
running() { [ -f "$pid" ] && kill -0 "$(cat "$pid")" 2>/dev/null; }
case $1 in
start)
    running && exit 0
    setsid "$home/venv/bin/drupelet" serve "$home/current" --port "$port" --max-seconds 120 --key "$home/keys.pub" \
        >"$home/serve.log" 2>&1 </dev/null &
    echo $! >"$pid"
    echo started
    ;;
reload)
    # A file "refuse" has it fail once.
    rm "$home/refuse" 2>/dev/null && exit 1
    kill -HUP "$(cat "$pid")"
    ;;
stop) ! running || kill "$(cat "$pid")" ;;
esac
