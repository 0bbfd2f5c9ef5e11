# The images, for those who build with Docker or BuildKit: docker build --target operator . (or sidecar). `cargo xtask image`
# writes the same without either.

FROM rust:1.95-bookworm AS build
RUN apt-get update && apt-get install --yes --no-install-recommends cmake && rm -rf /var/lib/apt/lists/*
WORKDIR /riskgate
COPY . .
RUN cargo xtask binaries --out /out

FROM scratch AS operator
COPY --from=build --chown=0:0 --chmod=0555 /out/riskgate-operator /riskgate-operator
USER 65532:65532
WORKDIR /
ENTRYPOINT ["/riskgate-operator"]

FROM scratch AS sidecar
COPY --from=build --chown=0:0 --chmod=0555 /out/riskgate-sidecar /riskgate-sidecar
USER 65532:65532
WORKDIR /
ENTRYPOINT ["/riskgate-sidecar"]
