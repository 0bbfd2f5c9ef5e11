//! An image as the OCI image layout has it, in one tar: a layer with the binary, its configuration, a manifest, an index.
//! Nothing in it tells when or where it was made.

use std::io::Write;

use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;
use riskgate_core::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::program::Program;

/// The user that images call nonroot. Kubernetes believes only a number not to be root.
const USER: &str = "65532:65532";

/// One image.
pub(super) struct Image<'a> {
    /// Its name, and that of its binary.
    pub(super) name: &'a str,
    /// What a registry shows of it.
    pub(super) about: &'a str,
    /// Its tag.
    pub(super) version: &'a str,
    /// What it holds.
    pub(super) program: &'a Program,
}

/// Content under its digest.
struct Blob {
    media_type: &'static str,
    bytes: Vec<u8>,
}

impl Blob {
    fn json(media_type: &'static str, value: &Value) -> Self {
        Self { media_type, bytes: value.to_string().into_bytes() }
    }

    fn digest(&self) -> String {
        sha256(&self.bytes)
    }

    /// How others refer to it.
    fn descriptor(&self) -> Value {
        json!({ "mediaType": self.media_type, "digest": self.digest(), "size": self.bytes.len() })
    }
}

impl Image<'_> {
    /// The archive, and the digest by which a registry will know the image.
    pub(super) fn archive(&self) -> Result<(Vec<u8>, String)> {
        let files = tar(&[(self.name.to_owned(), &self.program.bytes, 0o555)])?;
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&files)?;
        let layer =
            Blob { media_type: "application/vnd.oci.image.layer.v1.tar+gzip", bytes: packed.finish()? };
        let labels = json!({
            "org.opencontainers.image.title": self.name,
            "org.opencontainers.image.description": self.about,
            "org.opencontainers.image.version": self.version,
            "org.opencontainers.image.licenses": env!("CARGO_PKG_LICENSE"),
        });
        let config = Blob::json(
            "application/vnd.oci.image.config.v1+json",
            &json!({
                "architecture": self.program.architecture,
                "os": "linux",
                "config": { "User": USER, "Entrypoint": [format!("/{}", self.name)], "WorkingDir": "/", "Labels": labels },
                "rootfs": { "type": "layers", "diff_ids": [sha256(&files)] },
            }),
        );
        let manifest = Blob::json(
            "application/vnd.oci.image.manifest.v1+json",
            &json!({
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": config.descriptor(),
                "layers": [layer.descriptor()],
                "annotations": labels,
            }),
        );
        let mut descriptor = manifest.descriptor();
        descriptor["platform"] = json!({ "architecture": self.program.architecture, "os": "linux" });
        descriptor["annotations"] = json!({
            "org.opencontainers.image.ref.name": self.version,
            // By which containerd and Docker name what they load.
            "io.containerd.image.name": format!("{}:{}", self.name, self.version),
        });
        let index = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [descriptor],
        });
        let layout = json!({ "imageLayoutVersion": "1.0.0" }).to_string();
        let index = index.to_string();
        let mut entries = vec![
            ("oci-layout".to_owned(), layout.as_bytes(), 0o444),
            ("index.json".to_owned(), index.as_bytes(), 0o444),
        ];
        for blob in [&manifest, &config, &layer] {
            entries.push((format!("blobs/{}", blob.digest().replace(':', "/")), &blob.bytes, 0o444));
        }
        Ok((tar(&entries)?, manifest.digest()))
    }
}

/// Files with their modes, owned by root, of no time.
fn tar(entries: &[(String, impl AsRef<[u8]>, u32)]) -> Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, content, mode) in entries {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.as_ref().len() as u64);
        header.set_mode(*mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        archive.append_data(&mut header, path, content.as_ref())?;
    }
    Ok(archive.into_inner()?)
}

fn sha256(bytes: &[u8]) -> String {
    hex::prefixed("sha256:", &Sha256::digest(bytes))
}
