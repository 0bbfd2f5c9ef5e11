//! What a kubelet does for the sidecar of a pod, and no more: its projected volume from the live ConfigMaps and Secrets, its
//! very arguments and variables, as a process. There is no mount namespace: the volume's folder stands where its mount path
//! does in the arguments.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use harness::{Process, binary, tethered};
use k8s_openapi::api::core::v1::{
    ConfigMap, Container, KeyToPath, Pod, ProjectedVolumeSource, Secret, Volume,
};
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt};
use serde_json::json;
use tempfile::TempDir;

use crate::{Outside, Scene};

const SIDECAR: &str = "riskgate-sidecar";

/// The sidecar of one pod, as its kubelet would run it.
pub struct Kubelet {
    /// The sidecar.
    pub process: Process,
    folder: TempDir,
    volume: ProjectedVolumeSource,
    generation: u32,
    pod: Pod,
    outside: Option<Outside>,
}

impl Kubelet {
    /// Materialises the volume, and starts the container.
    ///
    /// # Errors
    /// When something that must be there is missing.
    pub async fn run(scene: &Scene, pod: &Pod) -> Result<Self> {
        Self::start(scene, pod, None).await
    }

    /// The same in a world of the test's own: it stands where the pod's network and the provider would be.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_in(scene: &Scene, pod: &Pod, outside: Outside) -> Result<Self> {
        Self::start(scene, pod, Some(outside)).await
    }

    async fn start(scene: &Scene, pod: &Pod, outside: Option<Outside>) -> Result<Self> {
        let spec = pod.spec.as_ref().context("a pod has a spec")?;
        let container = spec.init_containers.iter().flatten().find(|it| it.name == SIDECAR);
        let container = container.context("no sidecar")?;
        let volumes = spec.volumes.as_deref().unwrap_or_default();
        let (volume, mount_path) = projected(container, volumes)?;
        let folder = tempfile::tempdir()?;
        materialise(scene, &volume, folder.path(), 0, outside.as_ref()).await?;
        let process = start(container, &mount_path, folder.path(), &pod.name_any(), outside.is_some())?;
        Ok(Self { process, folder, volume, generation: 0, pod: pod.clone(), outside })
    }

    /// Starts the container anew, as after a crash.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn restart(&mut self) -> Result<()> {
        self.process.kill();
        let containers = self.pod.spec.iter().flat_map(|spec| spec.init_containers.iter().flatten());
        let container = containers.into_iter().find(|it| it.name == SIDECAR).context("no sidecar")?;
        let volumes = self.pod.spec.as_ref().and_then(|spec| spec.volumes.as_deref()).unwrap_or_default();
        let (_, mount_path) = projected(container, volumes)?;
        let (folder, apart) = (self.folder.path(), self.outside.is_some());
        self.process = start(container, &mount_path, folder, &self.pod.name_any(), apart)?;
        Ok(())
    }

    /// Brings the volume up to date, in one step, as a kubelet does in its sync period.
    ///
    /// # Errors
    /// When something that must be there is missing.
    pub async fn sync(&mut self, scene: &Scene) -> Result<()> {
        self.generation += 1;
        let (volume, folder) = (&self.volume, self.folder.path());
        materialise(scene, volume, folder, self.generation, self.outside.as_ref()).await
    }
}

/// Says in the pod's status that it is ready, as its node would.
///
/// # Errors
/// When the API server does not take it.
pub async fn tell_ready(pods: &Api<Pod>, name: &str) -> Result<()> {
    let now = k8s_openapi::jiff::Timestamp::now().to_string();
    let condition = |kind: &str| json!({ "type": kind, "status": "True", "lastTransitionTime": now });
    let conditions = ["Ready", "ContainersReady"].map(condition);
    let status = json!({ "status": { "phase": "Running", "conditions": conditions } });
    pods.patch_status(name, &PatchParams::default(), &Patch::Merge(&status)).await?;
    Ok(())
}

/// The container's arguments and variables, with the folder of its volume in place of the mount path; `apart`, with free ports
/// in place of the pod's.
fn start(container: &Container, mount_path: &str, folder: &Path, pod: &str, apart: bool) -> Result<Process> {
    ensure!(container.command.is_none(), "the image's own command is replaced");
    let mut command = tethered(binary(SIDECAR)?);
    let here = folder.to_str().context("the temporary folder has an odd name")?;
    for argument in container.args.iter().flatten() {
        let argument = argument.replace(mount_path, here);
        command.arg(if apart { Outside::port(&argument) } else { argument });
    }
    command.env_clear();
    for variable in container.env.iter().flatten() {
        let field = variable.value_from.as_ref().and_then(|from| from.field_ref.as_ref());
        let value = match (&variable.value, field.map(|field| field.field_path.as_str())) {
            (Some(value), None) => value.as_str(),
            (None, Some("metadata.name")) => pod,
            (value, field) => bail!("variable {}: {value:?} {field:?}", variable.name),
        };
        command.env(&variable.name, value);
    }
    // `tethered` looks for its own program.
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    Process::start(SIDECAR, command)
}

/// The projected volume of a container, and where it is mounted.
fn projected(container: &Container, volumes: &[Volume]) -> Result<(ProjectedVolumeSource, String)> {
    for mount in container.volume_mounts.iter().flatten() {
        let volume = volumes.iter().find(|volume| volume.name == mount.name);
        if let Some(projected) = volume.and_then(|volume| volume.projected.clone()) {
            ensure!(mount.read_only == Some(true) && mount.sub_path.is_none(), "{mount:?}");
            return Ok((projected, mount.mount_path.clone()));
        }
    }
    bail!("no projected volume is mounted")
}

/// `..data` points at the files of one moment; their names point through it.
async fn materialise(
    scene: &Scene,
    volume: &ProjectedVolumeSource,
    folder: &Path,
    generation: u32,
    outside: Option<&Outside>,
) -> Result<()> {
    let fresh = format!("..{generation}");
    let files = folder.join(&fresh);
    fs::create_dir(&files)?;
    for source in volume.sources.iter().flatten() {
        if let Some(source) = &source.config_map {
            let map = scene.api::<ConfigMap>().get_opt(&source.name).await?;
            let optional = source.optional.unwrap_or_default();
            let data = map.map(|map| map.data.unwrap_or_default());
            let data =
                data.map(|data| data.into_iter().map(|(key, text)| (key, text.into_bytes())).collect());
            write(&files, &source.name, source.items.as_deref(), data, optional)?;
        }
        if let Some(source) = &source.secret {
            let api: Api<Secret> = scene.api();
            let data = api.get_opt(&source.name).await?.map(|secret| secret.data.unwrap_or_default());
            let data = data.map(|data| data.into_iter().map(|(key, bytes)| (key, bytes.0)).collect());
            write(&files, &source.name, source.items.as_deref(), data, source.optional.unwrap_or_default())?;
        }
    }
    if let Some(outside) = outside {
        outside.put(&files)?;
    }
    let data = folder.join("..data");
    let next = folder.join("..data_tmp");
    symlink(&fresh, &next)?;
    fs::rename(&next, &data)?;
    for entry in fs::read_dir(&files)? {
        let name = entry?.file_name();
        let link = folder.join(&name);
        if !link.is_symlink() {
            symlink(PathBuf::from("..data").join(&name), link)?;
        }
    }
    Ok(())
}

fn write(
    folder: &Path,
    name: &str,
    items: Option<&[KeyToPath]>,
    data: Option<std::collections::BTreeMap<String, Vec<u8>>>,
    optional: bool,
) -> Result<()> {
    let Some(data) = data else {
        ensure!(optional, "{name} is missing: the pod would wait for it");
        return Ok(());
    };
    for KeyToPath { key, path, .. } in items.context("a source without items mounts everything")? {
        match data.get(key) {
            Some(bytes) => {
                let path = folder.join(path);
                fs::create_dir_all(path.parent().context("a file in a folder")?)?;
                fs::write(path, bytes)?;
            }
            None => ensure!(optional, "{name} has no {key}: the pod would wait for it"),
        }
    }
    Ok(())
}
