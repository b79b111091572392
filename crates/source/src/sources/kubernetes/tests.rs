use super::{decode, detect};
use crate::Hints;
use crate::json::Tape;
use crate::support::testing::{Row, check, decoded};
use vires_event::{CredentialKind, Link};

macro_rules! event {
    ($user:literal, $verb:literal, $reference:literal $(, $more:literal)?) => {
        concat!(
            r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"a-1","stage":"ResponseComplete","requestURI":"/api/v1/x","verb":""#,
            $verb, r#"","user":"#, $user, r#","sourceIPs":["192.0.2.10"],"userAgent":"kubectl/v1.31.0","objectRef":"#, $reference,
            r#","requestReceivedTimestamp":"2026-03-01T10:00:00.000000Z""#, $(",", $more,)? "}"
        )
    };
}

const OK: &str = "success";

fn row(record: &'static str, who: [&'static str; 3], what: [&'static str; 3]) -> Row {
    let ([id, kind, actor], [action, target, outcome]) = (who, what);
    Row { record, source: "kubernetes", id, kind, actor, action, target, outcome }
}

#[test]
fn who_and_what() {
    check(&[
        row(
            event!(
                r#"{"username":"system:serviceaccount:pay:api","groups":["system:serviceaccounts"]}"#,
                "get",
                r#"{"resource":"secrets","namespace":"pay","name":"db"}"#,
                r#""responseStatus":{"code":200}"#
            ),
            ["k8s:-:pay:api", "service_account", "machine"],
            ["k8s:get secrets", "k8s:pay/secrets/db", OK],
        ),
        row(
            event!(
                r#"{"username":"jane@example.com"}"#,
                "create",
                r#"{"resource":"pods","namespace":"pay","name":"api-0","subresource":"exec"}"#,
                r#""responseStatus":{"code":101}"#
            ),
            ["person:jane@example.com", "human", "ambiguous"],
            ["k8s:create pods/exec", "k8s:pay/pods/api-0", OK],
        ),
        row(
            event!(
                r#"{"username":"system:node:node-1"}"#,
                "list",
                r#"{"resource":"secrets"}"#,
                r#""responseStatus":{"code":403,"reason":"Forbidden"}"#
            ),
            ["k8s:-:node:node-1", "workload", "machine"],
            ["k8s:list secrets", "k8s:-/secrets", "denied"],
        ),
        row(
            event!(
                r#"{"username":"kubernetes-admin","extra":{"arn":["arn:aws:sts::123456789012:assumed-role/deployer/s"],"canonicalArn":["arn:aws:iam::123456789012:role/deployer"],"accessKeyId":["ASIAIOSFODNN7EXAMPLE"],"sessionName":["s"]}}"#,
                "delete",
                r#"{"resource":"deployments","namespace":"pay","name":"api"}"#,
                r#""responseStatus":{"code":404}"#
            ),
            ["aws:role/123456789012/deployer", "role", "ambiguous"],
            ["k8s:delete deployments", "k8s:pay/deployments/api", "error"],
        ),
        row(
            r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"get","requestURI":"/healthz?timeout=1s","user":{"username":"system:anonymous"},"annotations":{"authorization.k8s.io/decision":"forbid"}}"#,
            ["k8s:-:user:system:anonymous", "token", "ambiguous"],
            ["k8s:get /healthz", "", "denied"],
        ),
        row(
            r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","stage":"RequestReceived","verb":"watch","user":{"username":"system:kube-scheduler"},"objectRef":{"resource":"pods"}}"#,
            ["k8s:-:user:system:kube-scheduler", "cloud_service", "machine"],
            ["k8s:watch pods", "k8s:-/pods", ""],
        ),
        row(
            r#"{"insertId":"i-1","logName":"projects/demo/logs/cloudaudit.googleapis.com%2Factivity","timestamp":"2026-03-01T10:00:00Z","protoPayload":{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","authenticationInfo":{"principalEmail":"system:serviceaccount:pay:api"},"authorizationInfo":[{"granted":true,"permission":"io.k8s.core.v1.secrets.get","resource":"core/v1/namespaces/pay/secrets/db"}],"methodName":"io.k8s.core.v1.secrets.get","resourceName":"core/v1/namespaces/pay/secrets/db","serviceName":"k8s.io","status":{}},"resource":{"type":"k8s_cluster","labels":{"cluster_name":"prod","location":"europe-west1","project_id":"demo"}}}"#,
            ["k8s:prod:pay:api", "service_account", "machine"],
            ["k8s:get secrets", "k8s:pay/secrets/db", OK],
        ),
        row(
            r#"{"time":"2026-03-01T10:00:00Z","category":"kube-audit","operationName":"Microsoft.ContainerService/managedClusters/diagnosticLogs/Read","resourceId":"/SUBSCRIPTIONS/00000000-0000-0000-0000-000000000001/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/PROD","properties":{"log":"{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"verb\":\"create\",\"user\":{\"username\":\"system:serviceaccount:ci:runner\"},\"objectRef\":{\"resource\":\"clusterrolebindings\",\"name\":\"x\"},\"responseStatus\":{\"code\":201}}"}}"#,
            ["k8s:prod:ci:runner", "service_account", "machine"],
            ["k8s:create clusterrolebindings", "k8s:-/clusterrolebindings/x", OK],
        ),
    ]);
}

#[test]
fn tokens_are_joined_and_told_apart() {
    let issue = event!(
        r#"{"username":"system:serviceaccount:ci:runner"}"#,
        "create",
        r#"{"resource":"serviceaccounts","namespace":"pay","name":"api","subresource":"token"}"#,
        r#""responseStatus":{"code":201},"annotations":{"authentication.kubernetes.io/issued-credential-id":"JTI=7d1a"}"#
    );
    decoded(issue, |a| {
        assert_eq!(a.links, [Link::Issued { credential: "JTI=7d1a".into(), owner: Some("k8s:-:pay:api".into()) }]);
    });
    for (extra, kind, session) in [
        (
            r#"{"authentication.kubernetes.io/credential-id":["JTI=7d1a"],"authentication.kubernetes.io/pod-name":["api-0"]}"#,
            CredentialKind::PodToken,
            Some("api-0"),
        ),
        (r#"{"authentication_kubernetes_io_slash_credential-id":["JTI=7d1a"]}"#, CredentialKind::ServiceToken, None),
        (r#"{"authentication.kubernetes.io/credential-id":["X509SHA256=ab"]}"#, CredentialKind::Certificate, None),
    ] {
        let record = format!(
            r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"get","user":{{"username":"system:serviceaccount:pay:api","extra":{extra}}},"objectRef":{{"resource":"pods"}}}}"#
        );
        let mut tape = Tape::default();
        let a = decode(tape.parse(&record).unwrap(), &Hints::default()).unwrap();
        assert_eq!(a.credential.unwrap().kind, kind, "{extra}");
        assert_eq!(a.session.as_ref().map(|s| &*s.name), session, "{extra}");
    }
}

#[test]
fn impersonation_bindings_and_receivers() {
    let record = event!(
        r#"{"username":"system:serviceaccount:ci:runner"},"impersonatedUser":{"username":"system:serviceaccount:kube-system:admin"}"#,
        "create",
        r#"{"resource":"clusterrolebindings"}"#,
        r#""requestObject":{"metadata":{"name":"open"},"roleRef":{"kind":"ClusterRole","name":"cluster-admin"},"subjects":[{"kind":"ServiceAccount","name":"runner"}]}"#
    );
    decoded(record, |a| {
        assert_eq!(a.links, [Link::Became { id: "k8s:-:kube-system:admin".into() }]);
        let targets: Vec<_> = a.targets.iter().map(|t| &*t.name).collect();
        assert_eq!(targets, ["k8s:-/clusterrolebindings/open", "k8s:-/clusterroles/cluster-admin"]);
    });
    let record = event!(
        r#"{"username":"a"}"#,
        "create",
        r#"{"resource":"mutatingwebhookconfigurations","name":"w"}"#,
        r#""requestObject":{"webhooks":[{"name":"w.example.com","clientConfig":{"url":"https://hook.example.net:8443/x"}}]}"#
    );
    decoded(record, |a| assert_eq!(a.destinations, ["hook.example.net"]));
    let record = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"create","requestURI":"/api/v1/namespaces/pay/pods/api-0/exec?command=sh&stdin=true&tty=true","user":{"username":"a"},"objectRef":{"resource":"pods","namespace":"pay","name":"api-0","subresource":"exec"}}"#;
    decoded(record, |a| assert_eq!(a.interactive, Some(true)));
}

#[test]
fn what_takes_the_node_is_told() {
    for (spec, expected) in [
        (r#"{"containers":[{"name":"a","securityContext":{"privileged":true}}]}"#, true),
        (r#"{"initContainers":[{"securityContext":{"privileged":true}}],"containers":[{"name":"a"}]}"#, true),
        (r#"{"hostPID":true}"#, true),
        (r#"{"template":{"spec":{"volumes":[{"name":"r","hostPath":{"path":"/"}}]}}}"#, true),
        (
            r#"{"jobTemplate":{"spec":{"template":{"spec":{"volumes":[{"hostPath":{"path":"/run/containerd/containerd.sock"}}]}}}}}"#,
            true,
        ),
        (r#"{"volumes":[{"hostPath":{"path":"/var/log"}}],"hostNetwork":true}"#, false),
        (r#"{"containers":[{"name":"a","securityContext":{"privileged":false}}],"hostPID":"no"}"#, false),
        (r#"[]"#, false),
    ] {
        let record = format!(
            r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"create","user":{{"username":"a"}},"objectRef":{{"resource":"pods","namespace":"pay","name":"x"}},"requestObject":{{"spec":{spec}}}}}"#
        );
        let mut tape = Tape::default();
        let a = decode(tape.parse(&record).unwrap(), &Hints::default()).unwrap();
        assert_eq!(a.detail.as_deref(), expected.then_some("host-access"), "{spec}");
    }
}

#[test]
fn the_cluster_may_come_from_outside() {
    let mut tape = Tape::default();
    let record =
        tape.parse(event!(r#"{"username":"system:serviceaccount:pay:api"}"#, "get", r#"{"resource":"pods"}"#)).unwrap();
    let hints = Hints { cluster: Some("prod".into()), ..Hints::default() };
    assert_eq!(decode(record, &hints).unwrap().identity.unwrap().id, "k8s:prod:pay:api");
}

#[test]
fn other_objects_are_not_events_of_the_audit_log() {
    for record in [
        r#"{"kind":"Event","apiVersion":"v1","involvedObject":{"kind":"Pod"},"reason":"Started"}"#,
        r#"{"kind":"Pod","apiVersion":"v1"}"#,
        r#"{"user":"x","verb":"GET"}"#,
        r#"{"protoPayload":{"serviceName":"storage.googleapis.com","methodName":"storage.objects.get"}}"#,
    ] {
        let mut tape = Tape::default();
        assert!(!detect(tape.parse(record).unwrap()), "{record}");
    }
}
