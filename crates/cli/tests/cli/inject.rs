//! `riskgate inject` and `riskgate uninject`.

use std::fs;

use serde_json::Value;

use crate::golden::compare;
use crate::run::{Ran, fixtures, riskgate, riskgate_fed};

fn fixture(name: &str) -> String {
    fs::read_to_string(fixtures().join(name)).unwrap()
}

fn inject(input: &str) -> Ran {
    riskgate_fed(&["inject", "--policy", "retail.yaml"], input)
}

fn uninject(input: &str) -> Ran {
    let ran = riskgate_fed(&["uninject"], input);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran
}

#[test]
fn manifests_get_the_sidecar_and_keep_everything_else() {
    let ran = riskgate(&["inject", "--policy", "retail.yaml", "--namespace", "shop", "workloads.yaml"]);
    compare("inject.txt", &ran.transcript());
    for line in fixture("workloads.yaml").lines() {
        // Lists and maps in one line grow within it.
        let kept = line.split_once("{ app: web }").map_or(line, |(head, _)| head);
        let kept = kept.strip_suffix("[]").unwrap_or(kept);
        assert!(ran.stdout.contains(kept), "{line} is gone");
    }
}

#[test]
fn injecting_can_be_undone_byte_for_byte_and_done_twice() {
    let yaml = fixture("workloads.yaml");
    for (name, text) in [
        ("YAML", yaml.clone()),
        ("JSON", fixture("pods.json")),
        ("no line feed at the end", yaml.trim_end().to_owned()),
        ("line feeds of Windows", yaml.replace('\n', "\r\n")),
    ] {
        let once = inject(&text);
        assert_eq!(once.code, 0, "{once:?}");
        assert_ne!(once.stdout, text, "{name}");
        assert_eq!(inject(&once.stdout).stdout, once.stdout, "{name}: twice is once");
        assert_eq!(uninject(&once.stdout).stdout, text, "{name}: undone");
        assert!(!once.stderr.contains("written anew"), "{name}: {}", once.stderr);
    }
}

#[test]
fn an_alias_is_written_out_and_means_the_same() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: { name: web, labels: &l { app: web } }\nspec:\n  nodeSelector: *l\n  containers: [{ name: app }]\n";
    let ran = inject(text);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains(
        "stdin:1:1: warning: the document could not be changed in its own text, and was written anew without comments"
    ));
    assert!(ran.stdout.contains("nodeSelector:\n    app: web\n"), "{}", ran.stdout);
    let json = |text: &str| riskgate_fed(&["uninject", "--output", "json"], text).json();
    assert_eq!(json(&ran.stdout), json(text));
}

#[test]
fn both_forms_are_the_same_manifests() {
    let text = fixture("workloads.yaml");
    let form = |form: &str| riskgate_fed(&["inject", "--policy", "retail.yaml", "--output", form], &text);
    let json = form("json");
    let lines: Vec<Value> = json.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<&str> = lines.iter().map(|it| it["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["Service", "Deployment", "CronJob", "Pod"]);
    let again = |text: &str| riskgate_fed(&["uninject", "--output", "json"], text).stdout;
    assert_eq!(again(&form("yaml").stdout), again(&text));
    assert_eq!(again(&json.stdout), again(&text));
    let mode = &lines[1]["spec"]["template"]["spec"]["volumes"][0]["configMap"]["defaultMode"];
    assert_eq!(*mode, 0o755, "octal, as kubectl reads it");
}

#[test]
fn what_is_refused_is_told_at_once_and_nothing_is_printed() {
    let ran = riskgate(&["inject", "--policy", "retail.yaml", "refused.yaml"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    compare("inject-refused.txt", &ran.transcript());
}

#[test]
fn pods_choose_among_policies_and_the_command_for_the_others() {
    let pod = |annotations: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{ name: web, annotations: {{ {annotations} }} }}\nspec: {{ containers: [{{ name: app }}] }}\n"
        )
    };
    let run = |arguments: &[&str], annotations: &str| {
        riskgate_fed(&[&["inject", "--policy", "two.yaml"], arguments].concat(), &pod(annotations))
    };
    let named = run(&[], "riskgate.dev/policy: second");
    assert_eq!(named.stderr, "stdin:1:1: note: Pod/web: injected, policy shop/second\n");
    let chosen = run(&["--name", "first"], "");
    assert_eq!(chosen.stderr, "stdin:1:1: note: Pod/web: injected, policy shop/first\n");
    let neither = run(&[], "");
    assert_eq!((neither.code, neither.stdout), (0, pod("")));
    assert_eq!(
        neither.stderr,
        "stdin:1:1: note: Pod/web: left as it is: neither the pod nor namespace shop names a policy; write the annotation riskgate.dev/policy: NAME on the pod\n"
    );
    let unknown = run(&[], "riskgate.dev/policy: secnod");
    assert_eq!(unknown.code, 1);
    assert!(unknown.stderr.contains("; did you mean second?; it has first, second\n"), "{}", unknown.stderr);

    let out = "riskgate.dev/inject: disabled";
    let kept = run(&["--name", "first", "--allow-opt-out"], out);
    assert_eq!(kept.stdout, pod(out));
    let injected = run(&["--name", "first"], out);
    assert!(injected.stderr.contains(": warning: Pod/web: metadata.annotations.riskgate.dev/inject: "));
}

#[test]
fn what_has_no_pods_is_printed_as_it_is_with_a_word() {
    let service = "apiVersion: v1\nkind: Service # c\n";
    let ran = inject(service);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, service));
    assert_eq!(ran.stderr, "stdin:1:1: warning: no pod and no workload is in it\n");
    let rollout = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: { name: web }\nspec: { template: { spec: { containers: [] } } }\n";
    assert!(inject(rollout).stderr.starts_with(
        "stdin:1:1: warning: Rollout/web: left as it is: it looks as if it had pods, but riskgate does not know the kind; "
    ));
}

#[test]
fn manifests_that_do_not_read_are_told_with_their_place() {
    for (text, told) in [
        ("a: 1\nb: 1\na: 2\n", "stdin:3:1: error: a: a stands in line 1 already; write it once\n"),
        ("a: [1\n", "stdin:2:1: error: this is no YAML: "),
    ] {
        for command in [&["inject", "--policy", "retail.yaml"][..], &["uninject"]] {
            let ran = riskgate_fed(command, text);
            assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
            assert!(ran.stderr.starts_with("error: the manifests cannot be read\n"), "{}", ran.stderr);
            assert!(ran.stderr.contains(told), "{}", ran.stderr);
        }
    }
    let ran = riskgate(&["uninject", "nowhere.yaml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.starts_with("error: nowhere.yaml: No such file"), "{}", ran.stderr);
    let ran = riskgate_fed(&["uninject"], "apiVersion: v1\nkind: Pod\nspec: { containers: {} }\n");
    assert_eq!(
        ran.stderr,
        "error: not every pod can be read, and nothing was printed\nstdin:1:1: error: Pod/: spec.containers must be a list\n"
    );
}

#[test]
fn a_policy_that_cannot_be_bound_is_another_failure() {
    for (arguments, code, told) in [
        (
            &["--policy", "sound.yaml"][..],
            78,
            "error: policy shop/sound takes a free port in spec.ports.admin, ",
        ),
        (&["--policy", "wrong.yaml"], 78, "error: the policy cannot be used\n"),
        (&["--policy", "other.yaml"], 78, "error: other.yaml: no RiskPolicy in it; "),
        (
            &["--policy", "retail.yaml", "--namespace", "staff"],
            2,
            "error: policy retail is of namespace shop; write --namespace shop, ",
        ),
        (&["--policy", "retail.yaml", "--name", "x"], 2, "error: retail.yaml: no policy is named \"x\"; "),
        (&["--policy", "-"], 2, "error: policy and manifests would both be standard input; "),
        (&[], 2, "error: the following required arguments were not provided:\n  --policy"),
    ] {
        let ran = riskgate_fed(&[&["inject"], arguments].concat(), "");
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{ran:?}");
        assert!(ran.stderr.starts_with(told), "{}", ran.stderr);
    }
}
