//! What the operator knows of the cluster: four watches, kept in memory by every replica, and the policies that a change
//! concerns.
//!
//! | kind | scope | kept |
//! |---|---|---|
//! | RiskPolicy | all | whole |
//! | Pod | labelled `riskgate.dev/policy`, set by injection | containers' names and states |
//! | ConfigMap | labelled `riskgate.dev/policy` | metadata |
//! | Namespace | all | riskgate's labels |

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use futures_util::{Stream, StreamExt, stream};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod};
use kube::core::{DeserializeGuard, PartialObjectMeta};
use kube::runtime::WatchStreamExt;
use kube::runtime::reflector::{self, Store, store::Writer};
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client, Resource, ResourceExt};
use riskgate_api::RiskPolicy;
use riskgate_inject::names;
use serde::de::DeserializeOwned;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;

use crate::prune::Prune;

/// A policy that need not read: one written for another version must not hide the others.
pub type GuardedPolicy = DeserializeGuard<RiskPolicy>;

/// Changes that wait for a slow receiver; more, and it takes all policies for changed.
const BUFFER: usize = 4096;

/// A policy by name, whether it exists or not.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PolicyKey {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl fmt::Display for PolicyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// What a change concerns.
#[derive(Debug, Clone)]
enum Change {
    One(PolicyKey),
    /// A watch began anew: anything may have happened in between.
    All,
}

/// The cluster as the watches saw it last.
#[derive(Clone)]
pub struct Watches {
    /// The policies.
    pub policies: Store<GuardedPolicy>,
    /// The pods that are bound to a policy.
    pub pods: Store<Pod>,
    /// The metadata of the ConfigMaps that hold policies' configurations.
    pub config_maps: Store<PartialObjectMeta<ConfigMap>>,
    /// The labels of namespaces, for admission.
    pub namespaces: Store<PartialObjectMeta<Namespace>>,
    changes: broadcast::Sender<Change>,
}

impl Watches {
    /// Starts the watches on `tasks`. They go on through whatever the API server answers, and end with the set.
    pub fn start(client: &Client, tasks: &mut JoinSet<()>) -> Self {
        let (changes, _) = broadcast::channel(BUFFER);
        let bound = watcher::Config::default().labels(names::POLICY);
        let (policies, writer) = reflector::store();
        let mut generations = Generations::default();
        let all = watcher::Config::default();
        tasks.spawn(follow(
            Api::<GuardedPolicy>::all(client.clone()),
            all,
            writer,
            changes.clone(),
            move |event| generations.concerns(event),
        ));
        let (pods, writer) = reflector::store();
        tasks.spawn(follow(
            Api::<Pod>::all(client.clone()),
            bound.clone(),
            writer,
            changes.clone(),
            labelled,
        ));
        let (config_maps, writer) = reflector::store();
        let metadata = Api::<PartialObjectMeta<ConfigMap>>::all(client.clone());
        tasks.spawn(follow(metadata, bound, writer, changes.clone(), labelled));
        let (namespaces, writer) = reflector::store();
        let metadata = Api::<PartialObjectMeta<Namespace>>::all(client.clone());
        tasks.spawn(follow(metadata, watcher::Config::default(), writer, changes.clone(), |_| None));
        Self { policies, pods, config_maps, namespaces, changes }
    }

    /// Waits until every watch has seen all that there is.
    ///
    /// # Errors
    /// When a watch was stopped before.
    pub async fn synced(&self) -> Result<(), reflector::store::WriterDropped> {
        self.policies.wait_until_ready().await?;
        self.pods.wait_until_ready().await?;
        self.config_maps.wait_until_ready().await?;
        self.namespaces.wait_until_ready().await
    }

    /// The keys of every policy that a change concerns, beginning with all there are: policies that exist, and those that
    /// left a ConfigMap.
    pub fn changes(&self) -> impl Stream<Item = PolicyKey> + Send + 'static {
        let receiver = self.changes.subscribe();
        let later = stream::unfold(receiver, |mut receiver| async move {
            let change = match receiver.recv().await {
                Ok(change) => change,
                Err(RecvError::Lagged(_)) => Change::All,
                Err(RecvError::Closed) => return None,
            };
            Some((change, receiver))
        });
        let watches = self.clone();
        stream::once(async { Change::All }).chain(later).flat_map(move |change| {
            stream::iter(match change {
                Change::One(key) => vec![key],
                Change::All => watches.known(),
            })
        })
    }

    fn known(&self) -> Vec<PolicyKey> {
        let policies = self.policies.state();
        let left = self.config_maps.state();
        let policies = policies.iter().filter_map(|policy| named(&**policy));
        policies.chain(left.iter().filter_map(|map| label(&**map))).collect()
    }

    /// The pods bound to a policy.
    #[must_use]
    pub fn bound(&self, key: &PolicyKey) -> Vec<Arc<Pod>> {
        self.pods.state_filter(|pod| {
            pod.metadata.namespace.as_ref() == Some(&key.namespace)
                && pod.labels().get(names::POLICY) == Some(&key.name)
        })
    }
}

async fn follow<K>(
    api: Api<K>,
    config: watcher::Config,
    writer: Writer<K>,
    changes: broadcast::Sender<Change>,
    mut concerns: impl FnMut(&Event<K>) -> Option<Change>,
) where
    K: Resource<DynamicType = ()> + Prune + Clone + DeserializeOwned + fmt::Debug + Send + 'static,
{
    let kind = K::kind(&()).into_owned();
    let events = watcher(api, config).default_backoff().modify(Prune::prune).reflect(writer);
    let mut events = std::pin::pin!(events);
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => {
                if let Some(change) = concerns(&event) {
                    // Nobody listens while another replica leads.
                    let _ = changes.send(change);
                }
            }
            Err(error) => tracing::warn!(kind, %error, "the watch failed, and is tried again"),
        }
    }
}

/// The generations that were seen, so that a write of the status, mostly our own, is no change.
#[derive(Default)]
struct Generations(HashMap<PolicyKey, (Option<String>, Option<i64>)>);

impl Generations {
    fn concerns(&mut self, event: &Event<GuardedPolicy>) -> Option<Change> {
        match event {
            Event::Apply(policy) | Event::InitApply(policy) => {
                let key = named(policy)?;
                let seen = (policy.uid(), policy.meta().generation);
                let before = self.0.insert(key.clone(), seen.clone());
                let listed = matches!(event, Event::InitApply(_));
                (!listed && before != Some(seen)).then_some(Change::One(key))
            }
            Event::Delete(policy) => {
                let key = named(policy)?;
                self.0.remove(&key);
                Some(Change::One(key))
            }
            Event::Init => {
                self.0.clear();
                None
            }
            Event::InitDone => Some(Change::All),
        }
    }
}

fn labelled<K: ResourceExt>(event: &Event<K>) -> Option<Change> {
    match event {
        Event::Apply(object) | Event::Delete(object) => label(object).map(Change::One),
        Event::Init | Event::InitApply(_) => None,
        Event::InitDone => Some(Change::All),
    }
}

fn named<K: ResourceExt>(object: &K) -> Option<PolicyKey> {
    Some(PolicyKey { namespace: object.namespace()?, name: object.name_any() })
}

/// The policy that the label of an object names.
pub(crate) fn label<K: ResourceExt>(object: &K) -> Option<PolicyKey> {
    let name = object.labels().get(names::POLICY)?.clone();
    Some(PolicyKey { namespace: object.namespace()?, name })
}

#[cfg(test)]
mod tests {
    use kube::core::ObjectMeta;
    use serde_json::json;

    use super::*;

    fn policy(uid: &str, generation: i64) -> GuardedPolicy {
        let metadata = json!({ "name": "retail", "namespace": "shop", "uid": uid, "generation": generation });
        serde_json::from_value(json!({ "metadata": metadata, "spec": "of another version" })).unwrap()
    }

    #[test]
    fn a_status_is_no_change_and_a_policy_made_anew_is() {
        let mut seen = Generations::default();
        assert!(seen.concerns(&Event::Init).is_none());
        assert!(seen.concerns(&Event::InitApply(policy("a", 1))).is_none());
        assert!(matches!(seen.concerns(&Event::InitDone), Some(Change::All)));
        assert!(seen.concerns(&Event::Apply(policy("a", 1))).is_none());
        assert!(matches!(seen.concerns(&Event::Apply(policy("a", 2))), Some(Change::One(_))));
        assert!(matches!(seen.concerns(&Event::Apply(policy("b", 2))), Some(Change::One(_))));
        assert!(matches!(seen.concerns(&Event::Delete(policy("b", 2))), Some(Change::One(_))));
        assert!(matches!(seen.concerns(&Event::Apply(policy("b", 2))), Some(Change::One(_))));
    }

    #[test]
    fn an_object_belongs_to_the_policy_of_its_label() {
        let labels = [(names::POLICY.to_owned(), "retail".to_owned())].into();
        let metadata =
            ObjectMeta { namespace: Some("shop".into()), labels: Some(labels), ..ObjectMeta::default() };
        let pod = Pod { metadata, ..Pod::default() };
        assert_eq!(label(&pod).unwrap().to_string(), "shop/retail");
        assert_eq!(label(&Pod::default()), None);
    }
}
