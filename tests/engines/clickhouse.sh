#!/bin/sh
# clickhouse.sh up DIR [SHARDS] | kill DIR SHARD | again DIR SHARD | down DIR: servers of ClickHouse on loopback, each alone.
# Prints "listening on 127.0.0.1:PORT,..." of their HTTP interfaces. Needs clickhouse-server.
set -eu
what=$1 dir=$(realpath -m "$2")
free_ports() {
    python3 -c 'import socket
held = [socket.socket() for _ in range(3)]
for s in held: s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in held])'
}
configure() { # FOLDER HTTP TCP INTERSERVER
    mkdir -p "$1/data" "$1/tmp" "$1/files"
    echo "$2" >"$1/port"
    cat >"$1/config.xml" <<X
<yandex><logger><level>warning</level><log>$1/log</log><errorlog>$1/errors</errorlog></logger>
<listen_host>127.0.0.1</listen_host><http_port>$2</http_port><tcp_port>$3</tcp_port>
<interserver_http_port>$4</interserver_http_port><interserver_http_host>127.0.0.1</interserver_http_host>
<path>$1/data/</path><tmp_path>$1/tmp/</tmp_path><user_files_path>$1/files/</user_files_path>
<mark_cache_size>67108864</mark_cache_size><max_concurrent_queries>50</max_concurrent_queries>
<users_config>$1/users.xml</users_config><default_profile>default</default_profile><default_database>default</default_database>
<timezone>UTC</timezone></yandex>
X
    cat >"$1/users.xml" <<X
<yandex><profiles><default><max_memory_usage>1000000000</max_memory_usage></default></profiles>
<users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default>
<locked><password>secret</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></locked></users>
<quotas><default><interval><duration>3600</duration><queries>0</queries><errors>0</errors><result_rows>0</result_rows>
<read_rows>0</read_rows><execution_time>0</execution_time></interval></default></quotas></yandex>
X
}
run() { # FOLDER: until it answers
    clickhouse-server --config-file="$1/config.xml" >"$1/stdout" 2>&1 &
    echo $! >"$1/pid"
    for _ in $(seq 300); do
        ! curl -fsS -o "$1/said" "http://127.0.0.1:$(cat "$1/port")/ping" 2>"$1/why" || return 0
        kill -0 "$(cat "$1/pid")" || break
        sleep 0.2
    done
    tail "$1/stdout" "$1/errors" >&2
    exit 69
}
end() { # FOLDER [SIGNAL]
    pid=$(cat "$1/pid")
    ! kill -"${2-TERM}" "$pid" 2>/dev/null || for _ in $(seq 200); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
}

case $what in
up)
    all=
    for shard in $(seq "${3:-1}"); do
        # shellcheck disable=SC2046 # three words
        configure "$dir/$shard" $(free_ports)
        run "$dir/$shard"
        all="$all,127.0.0.1:$(cat "$dir/$shard/port")"
    done
    echo "listening on ${all#,}"
    ;;
kill) end "$dir/$3" KILL ;;
again) run "$dir/$3" ;;
down) for folder in "$dir"/*/; do end "${folder%/}"; done ;;
esac
