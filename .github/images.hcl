// The three images of one commit, for `docker buildx bake`. The gateway stands on the R image of the same build.

variable "REGISTRY" { // with its slash at the end
  default = ""
}

variable "TAG" {
  default = "latest"
}

variable "REVISION" {
  default = "unknown"
}

group "default" {
  targets = ["r", "python", "gateway"]
}

target "image" {
  context = "."
  args = {
    VERSION  = TAG
    REVISION = REVISION
  }
}

target "r" {
  inherits   = ["image"]
  dockerfile = "r/Dockerfile"
  target     = "prod"
  tags       = ["${REGISTRY}tandem-r:${TAG}"]
  cache-from = ["type=gha,scope=r"]
}

target "python" {
  inherits   = ["image"]
  dockerfile = "python/Dockerfile"
  target     = "prod"
  tags       = ["${REGISTRY}tandem-python:${TAG}"]
  cache-from = ["type=gha,scope=python"]
}

target "gateway" {
  inherits   = ["image"]
  dockerfile = "python/Dockerfile"
  target     = "gateway"
  contexts   = { "tandem-r" = "target:r" }
  tags       = ["${REGISTRY}tandem-gateway:${TAG}"]
  cache-from = ["type=gha,scope=gateway", "type=gha,scope=python"]
}
