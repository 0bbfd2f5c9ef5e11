//! The ways to a server: TLS with an own CA, Sentinels, a cluster that loses a node.

use anyhow::{Result, bail, ensure};
use harness::{PATIENCE, RedisCluster, RedisServer, SentinelGroup, Simulator, eventually};
use riskgate_store::redis::{Reach, Servers};
use riskgate_store::{Key, TransactionStore};

use crate::stage::{KEY, order, reach, shared};

/// A server that speaks only TLS, with the certificate in this folder of the simulator's throw-away PKI.
async fn over_tls(simulator: &Simulator, certificate: &str) -> Result<RedisServer> {
    let file = |name: &str| simulator.credentials().join(name).display().to_string();
    let (certificate, key) =
        (file(&format!("{certificate}/tls.crt")), file(&format!("{certificate}/tls.key")));
    let ca = file("configmaps/bankid-roots/ca.crt");
    RedisServer::start(&[
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-ca-cert-file",
        &ca,
        "--tls-auth-clients",
        "no",
    ])
    .await
}

#[tokio::test]
async fn tls_leads_to_the_own_ca_and_to_no_other() -> Result<()> {
    let simulator = Simulator::start().await?;
    let roots = std::fs::read(simulator.credentials().join("configmaps/bankid-roots/ca.crt"))?;
    let to = |server: &RedisServer, roots: Option<Vec<u8>>| Reach {
        roots,
        ..reach(Servers::Single { url: format!("rediss://localhost:{}", server.port()) })
    };

    let server = over_tls(&simulator, "server").await?;
    let store = shared(to(&server, Some(roots.clone()))).await?;
    store.open(KEY, order()).await?;
    assert!(store.get(KEY).await?.is_some());

    let Err(error) = shared(to(&server, None)).await else { bail!("the public web's roots vouched for it") };
    assert!(error.to_string().contains("certificate"), "{error:#}");
    for fault in ["wrong-name", "expired", "other-root"] {
        let server = over_tls(&simulator, &format!("faults/{fault}")).await?;
        let Err(error) = shared(to(&server, Some(roots.clone()))).await else { bail!("{fault} was taken") };
        assert!(error.to_string().contains("certificate"), "{fault}: {error:#}");
    }
    Ok(())
}

#[tokio::test]
async fn sentinels_name_the_server_and_its_successor() -> Result<()> {
    let mut group = SentinelGroup::start().await?;
    let servers = Servers::Sentinel { urls: vec![group.url()], master_name: "main".to_owned() };
    let store = shared(reach(servers)).await?;
    store.open(KEY, order()).await?;
    eventually("the replica to have it", PATIENCE, || async {
        let keys: u64 = group.replica.command(&["DBSIZE"]).await?;
        ensure!(keys > 0, "nothing yet");
        Ok(())
    })
    .await?;
    group.primary.kill().await?;
    eventually("the successor to serve", PATIENCE, || async {
        let known = store.get(KEY).await?;
        ensure!(known.is_some_and(|known| known.order.is_some()), "the order is not known");
        Ok(store.open(KEY, order()).await?)
    })
    .await
}

/// An address that takes connections and never says a word.
async fn silent() -> Result<(tokio::net::TcpListener, String)> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("redis://{}", listener.local_addr()?);
    Ok((listener, url))
}

#[tokio::test]
async fn a_sentinel_or_node_that_never_answers_keeps_nobody_out() -> Result<()> {
    let group = SentinelGroup::start().await?;
    let (_listener, silent) = silent().await?;
    let urls = vec![silent.clone(), group.url()];
    let store = shared(reach(Servers::Sentinel { urls, master_name: "main".to_owned() }));
    store.await?.open(KEY, order()).await?;
    let cluster = RedisCluster::start().await?;
    let urls = [vec![silent], cluster.urls()].concat();
    let store = shared(reach(Servers::Cluster { urls })).await?;
    Ok(store.open(KEY, order()).await?)
}

#[tokio::test]
async fn a_cluster_that_loses_a_node_fails_at_once_and_heals() -> Result<()> {
    let mut cluster = RedisCluster::start().await?;
    let store = shared(reach(Servers::Cluster { urls: cluster.urls() })).await?;
    let references: Vec<String> = (0..30).map(|number| format!("order {number}")).collect();
    let key = |reference| Key { provider: "bankid", reference };
    for reference in &references {
        store.open(key(reference), order()).await?;
    }
    cluster.nodes()[0].process().pause()?;
    eventually("operations to fail without a wait", PATIENCE, || async {
        for reference in &references {
            let began = std::time::Instant::now();
            let failed = store.get(key(reference)).await.is_err();
            ensure!(failed && began.elapsed().as_millis() < 20, "{failed} after {:?}", began.elapsed());
        }
        Ok(())
    })
    .await?;
    cluster.nodes()[0].process().resume()?;
    eventually("every order to be known again", PATIENCE, || async {
        for reference in &references {
            ensure!(store.get(key(reference)).await?.is_some(), "{reference}");
        }
        Ok(())
    })
    .await
}
