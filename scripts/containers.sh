# Shared by what runs in containers: which engine there is, and how it is spoken to.

# With its slash, whoever left it out.
export IMAGE_REGISTRY=${IMAGE_REGISTRY:+${IMAGE_REGISTRY%/}/}
if [ ! -d /run/systemd/system ]; then export CONTAINERS_CONF=${CONTAINERS_CONF:-$root/containers/podman-without-systemd.conf}; fi

# engine: docker where its daemon answers, else podman.
engine() {
    if command -v docker >/dev/null && docker info >/dev/null 2>&1; then
        echo docker
    elif command -v podman >/dev/null; then
        echo podman
    else
        die "There is no container engine here: install Docker or Podman, or run Tandem on this machine itself with RUNTIME=native (Debian 12 or 13, Ubuntu 24.04)."
    fi
}

# use_engine: settle on one as $engine; images that come from no registry are named as it names them.
use_engine() {
    engine=$(engine)
    if [ "$engine" = podman ]; then export IMAGE_REGISTRY=${IMAGE_REGISTRY:-localhost/}; fi
}

# compose ARGUMENT...: with whatever knows docker-compose.yaml, on $engine.
compose() {
    if [ "$engine" = docker ] && docker compose version >/dev/null 2>&1; then
        docker compose "$@"
    elif [ "$engine" = docker ]; then
        docker-compose "$@"
    elif command -v podman-compose >/dev/null; then
        podman-compose "$@"
    else
        die "Podman needs podman-compose to start several containers: pip install podman-compose, or your system's package."
    fi
}
