# Fills the registry with the images that labs start from. The same inputs give the same digests.
platform="linux/$(dpkg --print-architecture)"
registry=127.0.0.1:5000
export OTEL_TRACES_EXPORTER=none

registry serve /seed/config.yml &
server=$!
until crane catalog "$registry" >/dev/null 2>&1; do
  kill -0 "$server" # ends the build when the server could not start
  sleep 0.1
done

pack() { # pack DIRECTORY FILE: a layer without times or owners of this build
  tar -C "$1" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$2" .
}

layer=/tmp/busybox
mkdir -p "$layer/bin" "$layer/etc" "$layer/tmp" "$layer/home/nobody"
cp /bin/busybox "$layer/bin/busybox"
for applet in $(busybox --list | grep -vx busybox); do ln -sf busybox "$layer/bin/$applet"; done
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home/nobody:/bin/sh\n' >"$layer/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$layer/etc/group"
chmod 1777 "$layer/tmp"
pack "$layer" /tmp/busybox.tar

# Every image is put together in a repository that is thrown away, so that no half-made manifest can be found later.
# An appended layer on nothing has the time zero.
base="$registry/base/busybox:1.37"
crane append --oci-empty-base --platform "$platform" --new_layer /tmp/busybox.tar --new_tag "$registry/scratch/busybox"
crane mutate --set-platform "$platform" --user 65534:65534 --workdir / --env PATH=/bin --cmd sh --tag "$base" "$registry/scratch/busybox"

layer=/tmp/hello
mkdir -p "$layer/www"
cp /seed/hello/index.html "$layer/www/index.html"
pack "$layer" /tmp/hello.tar
hello="$registry/samples/hello:v1"
crane append --base "$base" --new_layer /tmp/hello.tar --new_tag "$registry/scratch/hello"
crane mutate --entrypoint httpd,-f,-p,8080,-h,/www --exposed-ports 8080 --label org.opencontainers.image.title=hello \
  --tag "$hello" "$registry/scratch/hello"

crane digest "$base"
crane digest "$hello"
kill "$server"
wait "$server" || true
rm -rf /var/lib/registry/docker/registry/v2/repositories/scratch
