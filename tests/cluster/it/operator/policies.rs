//! Policies without pods: what is written, what is told, and how often.

use std::sync::Arc;

use anyhow::{Result, ensure};
use cluster::manifests::policy;
use cluster::{Audited, Scene, SharedOperator, Suite};
use harness::{PATIENCE, eventually};
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::api::events::v1::Event;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use kube::{Api, ResourceExt};
use riskgate_api::RiskPolicy;
use riskgate_core::config::Mode;
use serde_json::json;

use super::{a_round_passes, condition, configuration, gone, ready, settled};

pub(super) fn add(suite: Suite) -> Suite {
    suite
        .with_operator("operator::a_policy_becomes_configuration", a_policy_becomes_configuration)
        .with_operator(
            "operator::an_invalid_policy_is_told_what_to_write",
            an_invalid_policy_is_told_what_to_write,
        )
        .with_operator("operator::a_change_follows", a_change_follows)
        .with_operator("operator::what_others_change_is_undone", what_others_change_is_undone)
        .with_operator("operator::a_config_map_of_others_is_left_alone", a_config_map_of_others_is_left_alone)
        .with_operator(
            "operator::nothing_is_written_when_nothing_changed",
            nothing_is_written_when_nothing_changed,
        )
        .with_operator("operator::a_deleted_policy_leaves_nothing", a_deleted_policy_leaves_nothing)
        .with_operator("operator::health_and_metrics_are_served", health_and_metrics_are_served)
}

async fn a_policy_becomes_configuration(scene: Scene, _: Arc<SharedOperator>) -> Result<()> {
    let api: Api<RiskPolicy> = scene.api();
    scene.kubectl()?.apply(&policy("retail", &json!({})).to_string()).await?;
    let (made, ()) = settled(&api, "retail", ready).await?;

    let (map, config) = configuration(&scene, "retail").await?;
    ensure!(config.policy.to_string() == format!("{}/retail", scene.namespace), "{}", config.policy);
    ensure!(
        map.labels().get("riskgate.dev/policy").map(String::as_str) == Some("retail"),
        "{:?}",
        map.metadata
    );
    ensure!(map.owner_references().is_empty() && map.finalizers().is_empty(), "{:?}", map.metadata);
    ensure!(map.data.as_ref().is_some_and(|data| data.len() == 1), "{:?}", map.data);

    let status = made.status.unwrap_or_default();
    ensure!(status.config_hash == Some(config.revision()), "{status:?}");
    ensure!(status.flows == Some(1), "{status:?}");
    ensure!(status.pods.as_ref().is_some_and(|pods| pods.injected == 0), "{status:?}");
    for (kind, reason) in [
        ("Accepted", "Accepted"),
        ("ResolvedRefs", "NotVerified"),
        ("Programmed", "Programmed"),
        ("Ready", "Ready"),
        ("StoreShared", "OnePod"),
    ] {
        let told = condition(&status, kind, "True")?;
        ensure!(told.0 == reason, "{kind}: {told:?}");
    }
    // What people see.
    let shown = scene.kubectl()?.say(&["get", "rp", "retail", "--no-headers"]).await?;
    let shown: Vec<_> = shown.split_whitespace().take(6).collect();
    ensure!(shown == ["retail", "Enforce", "True", "Ready", "0", "0"], "{shown:?}");
    Ok(())
}

async fn an_invalid_policy_is_told_what_to_write(scene: Scene, _: Arc<SharedOperator>) -> Result<()> {
    let api: Api<RiskPolicy> = scene.api();
    // The schema lets it pass; the compiler and a cluster do not.
    let ports = json!({ "ports": { "admin": 0 } });
    scene.create::<RiskPolicy>(policy("retail", &ports)).await?;
    let invalid = |status: &riskgate_api::RiskPolicyStatus| condition(status, "Accepted", "False");
    let (made, (reason, message)) = settled(&api, "retail", invalid).await?;
    ensure!(reason == "Invalid", "{reason}");
    ensure!(message.contains("spec.ports.admin") && message.contains("write a number above 0"), "{message}");
    let status = made.status.unwrap_or_default();
    ensure!(condition(&status, "Ready", "False")?.0 == "Invalid", "{status:?}");
    ensure!(condition(&status, "Programmed", "False")?.0 == "NotAccepted", "{status:?}");
    ensure!(
        scene.api::<ConfigMap>().get_opt("riskgate-retail").await?.is_none(),
        "it was written all the same"
    );

    let events: Api<Event> = scene.api();
    eventually("the Event", PATIENCE, || async {
        let events = events.list(&ListParams::default()).await?;
        let told = events.iter().any(|event| {
            event.reason.as_deref() == Some("Invalid")
                && event.type_.as_deref() == Some("Warning")
                && event.regarding.as_ref().and_then(|object| object.name.as_deref()) == Some("retail")
                && event.note.as_ref().is_some_and(|note| note.contains("spec.ports.admin"))
        });
        ensure!(told, "{:?}", events.items);
        Ok(())
    })
    .await?;

    // Once it is put right, it is ready.
    scene.kubectl()?.apply(&policy("retail", &json!({ "ports": { "admin": 15300 } })).to_string()).await?;
    settled(&api, "retail", ready).await?;
    Ok(())
}

async fn a_change_follows(scene: Scene, _: Arc<SharedOperator>) -> Result<()> {
    let api: Api<RiskPolicy> = scene.api();
    scene.create::<RiskPolicy>(policy("retail", &json!({}))).await?;
    let (before, ()) = settled(&api, "retail", ready).await?;
    let change = json!({ "spec": { "mode": "Monitor" } });
    api.patch("retail", &PatchParams::default(), &Patch::Merge(&change)).await?;
    let (after, ()) = settled(&api, "retail", ready).await?;
    let (_, config) = configuration(&scene, "retail").await?;
    ensure!(config.mode == Mode::Monitor, "{:?}", config.mode);
    let hash = |policy: &RiskPolicy| policy.status.as_ref().and_then(|status| status.config_hash.clone());
    ensure!(hash(&before) != hash(&after) && hash(&after) == Some(config.revision()), "{:?}", hash(&after));

    // A change that cannot be used leaves what pods run under, and says so.
    let change = json!({ "spec": { "ports": { "health": 0 } } });
    api.patch("retail", &PatchParams::default(), &Patch::Merge(&change)).await?;
    let (refused, _) = settled(&api, "retail", |status| condition(status, "Accepted", "False")).await?;
    ensure!(hash(&refused) == hash(&after), "{:?}", hash(&refused));
    ensure!(configuration(&scene, "retail").await?.1 == config, "the configuration changed");
    Ok(())
}

async fn what_others_change_is_undone(scene: Scene, _: Arc<SharedOperator>) -> Result<()> {
    let (api, maps): (Api<RiskPolicy>, Api<ConfigMap>) = (scene.api(), scene.api());
    scene.create::<RiskPolicy>(policy("retail", &json!({}))).await?;
    settled(&api, "retail", ready).await?;
    let (_, config) = configuration(&scene, "retail").await?;
    let change = json!({ "data": { "config.v1.yaml": "schema: 1" } });
    maps.patch("riskgate-retail", &PatchParams::default(), &Patch::Merge(&change)).await?;
    let back = || async {
        let (_, now) = configuration(&scene, "retail").await?;
        ensure!(now == config, "{now:?}");
        Ok(())
    };
    eventually("the configuration", PATIENCE, back).await?;
    maps.delete("riskgate-retail", &DeleteParams::default()).await?;
    eventually("the configuration", PATIENCE, back).await
}

async fn a_config_map_of_others_is_left_alone(scene: Scene, _: Arc<SharedOperator>) -> Result<()> {
    let (api, maps): (Api<RiskPolicy>, Api<ConfigMap>) = (scene.api(), scene.api());
    let theirs = json!({ "metadata": { "name": "riskgate-retail" }, "data": { "mine": "all of it" } });
    let theirs: ConfigMap = scene.create(theirs).await?;
    scene.create::<RiskPolicy>(policy("retail", &json!({}))).await?;
    let (_, (reason, message)) =
        settled(&api, "retail", |status| condition(status, "Programmed", "False")).await?;
    ensure!(reason == "NameTaken" && message.contains("ConfigMap riskgate-retail"), "{reason}: {message}");
    api.delete("retail", &DeleteParams::default()).await?;
    a_round_passes(&scene, "witness").await?;
    ensure!(maps.get("riskgate-retail").await?.metadata == theirs.metadata, "it was touched");
    // Out of the way, and the policy made anew: it is ready.
    maps.delete("riskgate-retail", &DeleteParams::default()).await?;
    scene.create::<RiskPolicy>(policy("retail", &json!({}))).await?;
    settled(&api, "retail", ready).await?;
    Ok(())
}

/// Writes of the operator in the test's namespace that concern one policy.
fn writes(scene: &Scene, operator: &SharedOperator, name: &str) -> Result<Vec<Audited>> {
    let mut requests = scene.control_plane.audited()?;
    let names = [name.to_owned(), format!("riskgate-{name}")];
    requests.retain(|request| {
        request.user == operator.account.user()
            && request.namespace == scene.namespace
            && names.contains(&request.name)
            && !["get", "list", "watch"].contains(&request.verb.as_str())
    });
    Ok(requests)
}

async fn nothing_is_written_when_nothing_changed(scene: Scene, operator: Arc<SharedOperator>) -> Result<()> {
    let api: Api<RiskPolicy> = scene.api();
    scene.create::<RiskPolicy>(policy("retail", &json!({}))).await?;
    let (made, ()) = settled(&api, "retail", ready).await?;
    a_round_passes(&scene, "first").await?;
    let first = writes(&scene, &operator, "retail")?;
    let told: Vec<_> = first.iter().map(|it| (it.verb.as_str(), it.resource.as_str(), it.code)).collect();
    ensure!(told == [("patch", "configmaps", 201), ("patch", "riskpolicies/status", 200)], "{told:?}");

    // A label is no change of the spec, and what the operator wrote itself is none either.
    let change = json!({ "metadata": { "labels": { "team": "payments" } } });
    api.patch("retail", &PatchParams::default(), &Patch::Merge(&change)).await?;
    a_round_passes(&scene, "second").await?;
    ensure!(writes(&scene, &operator, "retail")? == first, "{:?}", writes(&scene, &operator, "retail")?);

    // A pass that changes nothing writes nothing: a touch of the ConfigMap is undone by one write, and told by none.
    let maps: Api<ConfigMap> = scene.api();
    let touch = json!({ "data": { "config.v1.yaml": "" } });
    maps.patch("riskgate-retail", &PatchParams::default(), &Patch::Merge(&touch)).await?;
    eventually("the configuration", PATIENCE, || async { configuration(&scene, "retail").await }).await?;
    a_round_passes(&scene, "third").await?;
    let now = writes(&scene, &operator, "retail")?;
    let added: Vec<_> =
        now[first.len()..].iter().map(|it| (it.verb.as_str(), it.resource.as_str())).collect();
    ensure!(added == [("patch", "configmaps")], "{added:?}");
    let seen = api.get("retail").await?.status;
    ensure!(seen == made.status, "{seen:?}");
    Ok(())
}

async fn a_deleted_policy_leaves_nothing(scene: Scene, _: Arc<SharedOperator>) -> Result<()> {
    let (api, maps): (Api<RiskPolicy>, Api<ConfigMap>) = (scene.api(), scene.api());
    scene.create::<RiskPolicy>(policy("retail", &json!({}))).await?;
    settled(&api, "retail", ready).await?;
    api.delete("retail", &DeleteParams::default()).await?;
    gone(&maps, "riskgate-retail", PATIENCE).await?;
    // And it can be made anew.
    scene.create::<RiskPolicy>(policy("retail", &json!({}))).await?;
    settled(&api, "retail", ready).await?;
    configuration(&scene, "retail").await?;
    Ok(())
}

async fn health_and_metrics_are_served(scene: Scene, operator: Arc<SharedOperator>) -> Result<()> {
    a_round_passes(&scene, "retail").await?;
    for path in ["/livez", "/readyz"] {
        let (status, body) = operator.replica.get(path).await?;
        ensure!(status == 200, "{path}: {status} {body}");
    }
    let (_, text) = operator.replica.get("/metrics").await?;
    let metrics = harness::Metrics::parse(&text)?;
    let passes =
        metrics.sum("riskgate_operator_reconciles_total", &[("result", "Ready"), ("reason", "Ready")]);
    ensure!(passes >= 1.0, "{text}");
    ensure!(metrics.sum("riskgate_operator_leader", &[]) == 1.0, "{text}");
    Ok(())
}
