//! What goes wrong around the operator, on a control plane of its own: an API server that has bad moments or goes away, objects
//! that do not read, a quota that refuses. It goes on with the others, tells, and does not ask in a loop.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use cluster::manifests::policy;
use cluster::{Asked, Audited, ControlPlane, Fault, FaultyWay, Operator, OperatorAccount, Scene, Suite};
use harness::{PATIENCE, eventually};
use k8s_openapi::api::core::v1::{ConfigMap, ResourceQuota};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::ApiResource;
use riskgate_api::RiskPolicy;
use riskgate_core::config::UncoveredOperations;
use serde_json::json;

use super::{condition, configuration, ready, settled};

pub(super) fn add(suite: Suite) -> Suite {
    suite.with("operator::it_goes_on_whatever_goes_wrong", it_goes_on_whatever_goes_wrong)
}

async fn it_goes_on_whatever_goes_wrong(_: Scene) -> Result<()> {
    let control_plane = Arc::new(ControlPlane::start().await?);
    control_plane.install_crds().await?;
    let account = OperatorAccount::create(&control_plane, "riskgate-system").await?;
    let way = account.way().await?;
    let operator = busy_from_the_start(&account, &way).await?;
    bad_moments(&Scene::set(Arc::clone(&control_plane)).await?, &way).await?;
    a_policy_that_does_not_read(&Scene::set(Arc::clone(&control_plane)).await?).await?;
    a_definition_of_an_older_version(&Scene::set(Arc::clone(&control_plane)).await?).await?;
    a_config_map_that_is_refused(&Scene::set(Arc::clone(&control_plane)).await?, &account).await?;
    an_api_server_that_restarts(&Scene::set(Arc::clone(&control_plane)).await?, &account).await?;
    ensure!(operator.process.running(), "{}", operator.process.stderr().tail());
    the_second_signal_does_not_wait(operator, &way).await
}

/// An API server that has no time yet for those who ask what there is: they ask again, and no more often than they need.
async fn busy_from_the_start(account: &OperatorAccount, way: &FaultyWay) -> Result<Operator> {
    const KINDS: [&str; 4] = ["riskpolicies", "pods", "configmaps", "namespaces"];
    for path in KINDS {
        way.fail(&[429, 503, 503].map(|status| Fault { to: Asked::Read, status, path }));
    }
    let operator = account.start_by(way, "replica-a").await?;
    for path in KINDS {
        let answers = way.answers(Asked::Read, path);
        ensure!(answers.starts_with(&[429, 503, 503]) && answers.contains(&200), "{path}: {answers:?}");
        // The list and the watch, after each fault once.
        ensure!(answers.len() <= 6, "a loop: {path}: {answers:?}");
    }
    Ok(operator)
}

/// While the Lease cannot be vacated, the first signal waits for it, and the second ends the process.
async fn the_second_signal_does_not_wait(mut operator: Operator, way: &FaultyWay) -> Result<()> {
    way.fail(&[Fault { to: Asked::Write, status: 0, path: "riskgate-operator" }; 9]);
    operator.process.terminate()?;
    let draining = |line: &str| line.contains("draining").then_some(());
    operator.process.stderr().wait("the first signal", PATIENCE, draining).await?;
    operator.process.terminate()?;
    let status = operator.process.exited(PATIENCE).await?;
    ensure!(status.code() == Some(1), "{status}: it was not cut short");
    Ok(())
}

/// Conflicts, too many requests, and a server that is busy: each write is made in the end, and not made in a loop.
async fn bad_moments(scene: &Scene, way: &FaultyWay) -> Result<()> {
    let map = "riskgate-retail";
    let faults = [
        (503, map),
        (409, map),
        (429, map),
        (429, "status"),
        (409, "status"),
        (503, "status"),
        (503, "events"),
    ];
    way.fail(&faults.map(|(status, path)| Fault { to: Asked::Write, status, path }));
    scene.create::<RiskPolicy>(policy("retail", &json!({}))).await?;
    settled(&scene.api(), "retail", ready).await?;
    configuration(scene, "retail").await?;
    // The way notes an answer a moment after the API server gave it.
    let (maps, statuses) = eventually("the last answers", PATIENCE, || async {
        let [maps, statuses] = [map, "status"].map(|path| way.answers(Asked::Write, path));
        ensure!(maps.last() == Some(&201) && statuses.last() == Some(&200), "{maps:?} {statuses:?}");
        Ok((maps, statuses))
    })
    .await?;
    // Every fault was met, and then all was well.
    for answers in [&maps, &statuses] {
        ensure!([409, 429, 503].iter().all(|fault| answers.contains(fault)), "{answers:?}");
        ensure!(answers.len() <= 8, "a loop: {answers:?}");
    }
    Ok(())
}

/// A policy of another version of riskgate, let in by a schema that is looser than ours.
async fn a_policy_that_does_not_read(scene: &Scene) -> Result<()> {
    let definitions: Api<CustomResourceDefinition> = Api::all(scene.client.clone());
    let loose = json!({ "spec": { "type": "object", "x-kubernetes-preserve-unknown-fields": true } });
    let path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec";
    let loosen = json!([{ "op": "replace", "path": path, "value": loose["spec"] },
        { "op": "remove", "path": "/spec/versions/0/schema/openAPIV3Schema/x-kubernetes-validations" }]);
    let loosen: json_patch::Patch = serde_json::from_value(loosen)?;
    let definition = "riskpolicies.riskgate.dev";
    definitions.patch(definition, &PatchParams::default(), &Patch::Json::<()>(loosen)).await?;

    let raw: Api<DynamicObject> =
        Api::namespaced_with(scene.client.clone(), &scene.namespace, &ApiResource::erase::<RiskPolicy>(&()));
    let later: DynamicObject = serde_json::from_value(policy("later", &json!({ "mode": "Dream" })))?;
    eventually("the loose schema", PATIENCE, || async {
        raw.create(&PostParams::default(), &later).await.map(drop).map_err(Into::into)
    })
    .await?;
    eventually("the status of the unreadable policy", PATIENCE, || async {
        let status = serde_json::from_value(raw.get("later").await?.data["status"].take())?;
        let (reason, message) = condition(&status, "Accepted", "False")?;
        ensure!(reason == "Unreadable" && message.contains("Dream"), "{reason}: {message}");
        Ok(())
    })
    .await?;
    // The others are served all the same.
    scene.kubectl()?.apply(&policy("retail", &json!({ "mode": "Monitor" })).to_string()).await?;
    eventually("the other policy", PATIENCE, || async { configuration(scene, "retail").await }).await?;
    raw.delete("later", &DeleteParams::default()).await?;
    scene.control_plane.install_crds().await
}

/// A definition from before a field existed: policies are served as it has them. When it is brought up to date under the running
/// operator, what it has of policies is still there, and the field is taken.
async fn a_definition_of_an_older_version(scene: &Scene) -> Result<()> {
    let definitions: Api<CustomResourceDefinition> = Api::all(scene.client.clone());
    let path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/uncoveredOperations";
    let older: json_patch::Patch = serde_json::from_value(json!([{ "op": "remove", "path": path }]))?;
    let definition = "riskpolicies.riskgate.dev";
    definitions.patch(definition, &PatchParams::default(), &Patch::Json::<()>(older)).await?;

    let api = scene.api::<RiskPolicy>();
    let wanted = policy("elder", &json!({ "uncoveredOperations": "Forward" }));
    let uncovered = || async { anyhow::Ok(configuration(scene, "elder").await?.1.uncovered_operations) };
    eventually("the older schema", PATIENCE, || async {
        let made: RiskPolicy = scene.create(wanted.clone()).await?;
        if made.spec.uncovered_operations != UncoveredOperations::Refuse {
            api.delete("elder", &DeleteParams::default()).await?;
            bail!("the field is known");
        }
        Ok(())
    })
    .await?;
    settled(&api, "elder", ready).await?;
    ensure!(uncovered().await? == UncoveredOperations::Refuse, "a field that nobody could write");

    scene.control_plane.install_crds().await?;
    settled(&api, "elder", ready).await?;
    eventually("the newer schema", PATIENCE, || async {
        scene.kubectl()?.apply(&wanted.to_string()).await?;
        ensure!(uncovered().await? == UncoveredOperations::Forward, "the field is not taken");
        Ok(())
    })
    .await?;
    settled(&api, "elder", ready).await.map(drop)
}

/// A namespace whose quota leaves no room for another ConfigMap.
async fn a_config_map_that_is_refused(scene: &Scene, account: &OperatorAccount) -> Result<()> {
    let quota = json!({ "metadata": { "name": "full" }, "spec": { "hard": { "count/configmaps": "0" } } });
    scene.create::<ResourceQuota>(quota).await?;
    eventually("the quota", PATIENCE, || async {
        let quota = scene.api::<ResourceQuota>().get("full").await?;
        ensure!(quota.status.is_some_and(|status| status.hard.is_some()), "not counted yet");
        Ok(())
    })
    .await?;
    let begun = Instant::now();
    scene.create::<RiskPolicy>(policy("retail", &json!({}))).await?;
    let api = scene.api::<RiskPolicy>();
    let (_, (reason, message)) =
        settled(&api, "retail", |status| condition(status, "Programmed", "False")).await?;
    ensure!(reason == "ApplyFailed" && message.contains("exceeded quota"), "{reason}: {message}");
    // It is tried again by itself, more and more rarely.
    let tried = || -> Result<Vec<Audited>> {
        let mut requests = scene.control_plane.audited()?;
        requests.retain(|it| {
            it.user == account.user()
                && it.namespace == scene.namespace
                && it.resource == "configmaps"
                && it.verb == "patch"
        });
        Ok(requests)
    };
    eventually("a third try", PATIENCE, || async {
        let tries = tried()?.len();
        ensure!(tries >= 3, "{tries} tries");
        Ok(())
    })
    .await?;
    let (tries, elapsed) = (tried()?.len(), begun.elapsed());
    ensure!(elapsed >= Duration::from_secs(2) && tries <= 4, "{tries} tries in {elapsed:?}");
    scene.api::<ResourceQuota>().delete("full", &DeleteParams::default()).await?;
    settled(&api, "retail", ready).await?;
    Ok(())
}

/// The watches are cut off, and what changed meanwhile is seen.
async fn an_api_server_that_restarts(scene: &Scene, account: &OperatorAccount) -> Result<()> {
    let api = scene.api::<RiskPolicy>();
    scene.create::<RiskPolicy>(policy("before", &json!({}))).await?;
    settled(&api, "before", ready).await?;
    scene.control_plane.restart_api_server().await?;
    let delete =
        || async { scene.api::<ConfigMap>().delete("riskgate-before", &DeleteParams::default()).await };
    eventually("the API server", PATIENCE, || async { delete().await.map(drop).map_err(Into::into) }).await?;
    scene.create::<RiskPolicy>(policy("after", &json!({}))).await?;
    settled(&api, "after", ready).await?;
    eventually("the configuration", PATIENCE, || async { configuration(scene, "before").await }).await?;
    // However often it had to ask anew: it was no loop. The Lease is renewed for as long as the test runs.
    let asked = scene.control_plane.audited()?.into_iter();
    let asked = asked.filter(|it| it.user == account.user() && it.resource != "leases").count();
    ensure!(asked < 200, "{asked} requests");
    Ok(())
}
