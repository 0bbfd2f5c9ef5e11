//! `riskgate check store` on servers that are well and on servers that are not.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::{PATIENCE, Policy, RedisCluster, RedisServer, SentinelGroup, Simulator, binary, eventually};
use serde_json::{Value, json};

use crate::stage::{policy, secret, simulator};

/// Runs the check; its exit code and answer.
fn check(policy: &Policy, simulator: &Simulator, arguments: &[&str]) -> Result<(i32, Value)> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("policy.yaml");
    policy.write(&file)?;
    let mut command = Command::new(binary("riskgate")?);
    command.args(["check", "store", "--output", "json", "--policy"]).arg(&file);
    command.arg("--credentials").arg(simulator.credentials()).args(arguments);
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let answer =
        serde_json::from_slice(&output.stdout).with_context(|| said.clone()).unwrap_or(Value::String(said));
    Ok((output.status.code().context("ended by a signal")?, answer))
}

/// The result of the check of this name, with what was seen and the hint.
fn of<'a>(answer: &'a Value, name: &str) -> Result<(&'a str, &'a str, &'a str)> {
    let checks = answer["checks"].as_array().with_context(|| answer.to_string())?;
    let named =
        |check: &&Value| check["check"].as_str().is_some_and(|check| check.split(' ').next() == Some(name));
    let check = checks.iter().find(named).with_context(|| format!("no check {name}: {answer}"))?;
    let text = |member: &str| check[member].as_str().unwrap_or_default();
    Ok((text("result"), text("seen"), text("hint")))
}

fn with_redis(simulator: &Simulator, server: &RedisServer, redis: &Value) -> Policy {
    policy(simulator, server).with_spec(&json!({ "store": { "redis": redis } }))
}

#[tokio::test]
async fn a_good_server_passes_and_keeps_nothing_of_it() -> Result<()> {
    let simulator = simulator().await?;
    let server = RedisServer::start(&["--appendonly", "yes"]).await?;
    let (code, answer) = check(&policy(&simulator, &server), &simulator, &["--strict"])?;
    assert_eq!((code, &answer["usable"]), (0, &json!(true)), "{answer}");
    for name in ["connect", "version", "role", "eviction", "persistence", "admit", "write", "read", "forget"]
    {
        assert_eq!(of(&answer, name)?.0, "passed", "{name}");
    }
    eventually("nothing to be left in the server", PATIENCE, || async {
        let left: Vec<String> = server.command(&["KEYS", "*"]).await?;
        ensure!(left.is_empty(), "{left:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_is_unwise_warns_and_fails_when_strict() -> Result<()> {
    let simulator = simulator().await?;
    let server = RedisServer::start(&["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]).await?;
    let (code, answer) = check(&policy(&simulator, &server), &simulator, &[])?;
    assert_eq!((code, &answer["usable"]), (0, &json!(true)), "{answer}");
    let (result, seen, hint) = of(&answer, "eviction")?;
    assert_eq!(result, "warned");
    assert!(seen.contains("allkeys-lru") && hint.contains("noeviction"), "{seen}: {hint}");
    assert_eq!(of(&answer, "persistence")?.0, "warned");
    assert_eq!(check(&policy(&simulator, &server), &simulator, &["--strict"])?.0, 1);
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_away_or_wants_another_login_says_so() -> Result<()> {
    let simulator = simulator().await?;
    let mut server = RedisServer::start(&["--requirepass", "secret"]).await?;
    let tls = json!({ "url": server.url().replace("redis://", "rediss://") });
    let (code, answer) = check(&with_redis(&simulator, &server, &tls), &simulator, &[])?;
    assert_eq!((code, of(&answer, "connect")?.0), (1, "failed"), "{answer}");
    assert!(of(&answer, "connect")?.2.contains("speaks no TLS"), "{answer}");
    let (code, answer) = check(&policy(&simulator, &server), &simulator, &[])?;
    let (result, _, hint) = of(&answer, "connect")?;
    assert_eq!((code, result), (1, "failed"), "{answer}");
    assert!(hint.contains("credentialsRef"), "{answer}");

    secret(&simulator, "login", "password", b"wrong")?;
    let with_login = with_redis(&simulator, &server, &json!({ "credentialsRef": { "name": "login" } }));
    let (_, answer) = check(&with_login, &simulator, &[])?;
    assert!(of(&answer, "connect")?.2.contains("must hold the user and password"), "{answer}");
    secret(&simulator, "login", "password", b"secret\n")?;
    assert_eq!(check(&with_login, &simulator, &[])?.0, 0);

    server.kill().await?;
    let (code, answer) = check(&policy(&simulator, &server), &simulator, &[])?;
    let (result, _, hint) = of(&answer, "connect")?;
    assert_eq!((code, result), (1, "failed"));
    assert!(hint.contains("network policies"), "{answer}");
    Ok(())
}

#[tokio::test]
async fn a_user_with_the_documented_rights_passes_and_one_right_less_is_told() -> Result<()> {
    let simulator = simulator().await?;
    let server = RedisServer::start(&["--appendonly", "yes"]).await?;
    let rights = "+ping +set +hmget +hget +hset +hdel +hexists +del +pexpire +time +evalsha +eval +info";
    let mut user = vec!["ACL", "SETUSER", "riskgate", "on", ">secret", "~riskgate:*"];
    user.extend(rights.split(' '));
    server.command::<()>(&user).await?;
    secret(&simulator, "login", "username", b"riskgate")?;
    secret(&simulator, "login", "password", b"secret")?;
    let policy = with_redis(&simulator, &server, &json!({ "credentialsRef": { "name": "login" } }));
    let (code, answer) = check(&policy, &simulator, &["--strict"])?;
    assert_eq!(code, 0, "{answer}");
    server.command::<()>(&["ACL", "SETUSER", "riskgate", "-hset"]).await?;
    let (code, answer) = check(&policy, &simulator, &[])?;
    let (result, _, hint) = of(&answer, "write")?;
    assert_eq!((code, result), (1, "failed"), "{answer}");
    assert!(hint.contains("+hset"), "{answer}");
    Ok(())
}

#[tokio::test]
async fn a_full_server_and_a_replica_are_told_apart() -> Result<()> {
    let simulator = simulator().await?;
    let server = RedisServer::start(&[]).await?;
    server.command::<()>(&["CONFIG", "SET", "maxmemory", "1"]).await?;
    let (_, answer) = check(&policy(&simulator, &server), &simulator, &[])?;
    let (result, _, hint) = of(&answer, "admit")?;
    assert_eq!(result, "failed", "{answer}");
    assert!(hint.contains("raise maxmemory"), "{answer}");

    let port = server.port().to_string();
    let replica = RedisServer::start(&["--replicaof", "127.0.0.1", &port]).await?;
    let (code, answer) = check(&policy(&simulator, &replica), &simulator, &[])?;
    let (result, _, hint) = of(&answer, "role")?;
    assert_eq!((code, result), (1, "failed"), "{answer}");
    assert!(hint.contains("primary"), "{answer}");
    Ok(())
}

#[tokio::test]
async fn a_cluster_is_checked_node_by_node_and_whole() -> Result<()> {
    let simulator = simulator().await?;
    let cluster = RedisCluster::start().await?;
    let nodes = json!({ "store": { "redis": { "url": null, "cluster": { "urls": cluster.urls() } } } });
    let any = RedisServer::start(&[]).await?;
    let policy = policy(&simulator, &any).with_spec(&nodes);
    let (code, answer) = check(&policy, &simulator, &[])?;
    assert_eq!(code, 0, "{answer}");
    assert_eq!(of(&answer, "cluster")?.0, "passed");
    let connected = answer["checks"].as_array().context("checks")?;
    let connects = connected.iter().filter(|check| check["check"].to_string().contains("connect ")).count();
    assert_eq!(connects, 3);
    assert_eq!(of(&answer, "write")?.0, "passed");
    Ok(())
}

#[tokio::test]
async fn a_policy_without_a_shared_store_is_told_what_to_write() -> Result<()> {
    let simulator = simulator().await?;
    let (code, said) = check(&Policy::new(simulator.endpoint()), &simulator, &[])?;
    assert_eq!(code, 78);
    assert!(said.to_string().contains("store: { redis:"), "{said}");
    Ok(())
}

#[tokio::test]
async fn sentinels_are_asked_for_the_name_and_their_own_rights_are_told() -> Result<()> {
    let (simulator, group) = (simulator().await?, SentinelGroup::start().await?);
    let sentinel = |name: &str, login: Value| {
        let sentinel = json!({ "urls": [group.url()], "masterName": name });
        with_redis(
            &simulator,
            &group.primary,
            &json!({ "url": null, "sentinel": sentinel, "credentialsRef": login }),
        )
    };
    let (code, answer) = check(&sentinel("main", Value::Null), &simulator, &[])?;
    assert_eq!(code, 0, "{answer}");
    assert_eq!(
        (of(&answer, "watches")?.0, of(&answer, "sentinel")?.0, of(&answer, "write")?.0),
        ("passed", "passed", "passed")
    );

    let (code, answer) = check(&sentinel("other", Value::Null), &simulator, &[])?;
    let (result, seen, hint) = of(&answer, "watches")?;
    assert_eq!((code, result), (1, "failed"), "{answer}");
    assert!(seen.contains(r#"["main"], and not "other""#) && hint.contains("masterName"), "{answer}");

    // The rights that the documentation lists, at the Sentinel and at the server, and none else.
    let at_servers = "+ping +set +hmget +hget +hset +hdel +hexists +del +pexpire +time +evalsha +eval +role";
    let mut user = vec!["ACL", "SETUSER", "riskgate", "on", ">secret", "~riskgate:*"];
    user.extend(at_servers.split(' '));
    group.primary.command::<()>(&user).await?;
    let user = ["ACL", "SETUSER", "asker", "on", ">asked", "+ping", "+role", "+sentinel|masters"];
    group.command::<()>(&user).await?;
    for (key, value) in [
        ("username", "riskgate"),
        ("password", "secret"),
        ("sentinelUsername", "asker"),
        ("sentinelPassword", "asked"),
    ] {
        secret(&simulator, "login", key, value.as_bytes())?;
    }
    let policy = sentinel("main", json!({ "name": "login" }));
    let (code, answer) = check(&policy, &simulator, &[])?;
    assert_eq!((code, of(&answer, "watches")?.0), (0, "passed"), "{answer}");
    for right in ["-role", "-sentinel|masters"] {
        group.command::<()>(&["ACL", "SETUSER", "asker", right]).await?;
        let (code, answer) = check(&policy, &simulator, &[])?;
        let (result, _, hint) = of(&answer, "watches")?;
        assert_eq!((code, result), (1, "failed"), "{right}: {answer}");
        assert!(hint.contains("+role +sentinel|masters") && hint.contains("sentinelUsername"), "{answer}");
        group.command::<()>(&["ACL", "SETUSER", "asker", &right.replace('-', "+")]).await?;
    }
    group.primary.command::<()>(&["ACL", "SETUSER", "riskgate", "-role"]).await?;
    let (code, answer) = check(&policy, &simulator, &[])?;
    let (result, _, hint) = of(&answer, "sentinel")?;
    assert_eq!((code, result), (1, "failed"), "{answer}");
    assert!(hint.contains("`+role`"), "{answer}");
    Ok(())
}
