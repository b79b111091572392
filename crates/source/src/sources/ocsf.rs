//! OCSF events that another tool already normalised: API Activity (6003), Authentication (3002), Account Change (3001), Datastore
//! Activity (6005) and Detection Finding (2004).
//!
//! The action takes the spelling of the cloud where one is named: `<service>:<operation>` for AWS, `gcp:…`, `azure:…` (lower case),
//! `k8s:…`; else `ocsf:<operation or activity>`. An ARN in `actor.user.uid` gives the same identity as CloudTrail does.

mod finding;

use crate::Hints;
use crate::json::Value;
use crate::support::azure::of_caller;
use crate::support::cloud::{bounded, part};
use crate::support::fields::{any_case, first, join, say, strings};
use crate::support::names::{account, is_google_service_account, is_mail, is_uuid};
use crate::support::network::{address, asn, is_browser};
use crate::support::{aws, k8s};
use std::net::IpAddr;
use vires_event::{
    Activity, Actor, Credential, CredentialKind, Delegation, Identity, Kind, Origin, Outcome, Place, Session, Source, Target,
    Text,
};

const CLASSES: [u64; 5] = [6003, 3002, 3001, 6005, finding::CLASS];
const MAX_TARGETS: usize = 8;

/// True for an event of a class that is decoded.
pub(crate) fn detect(record: Value<'_>) -> bool {
    let (mut class, mut metadata) = (false, false);
    for (key, value) in record.fields() {
        match key {
            "class_uid" => class = value.u64().is_some_and(|c| CLASSES.contains(&c)),
            "metadata" => metadata = value.is_object(),
            _ => {}
        }
    }
    class && metadata
}

/// Where the event came from, as far as it decides a spelling.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cloud {
    Aws,
    Google,
    Azure,
    Entra,
    Kubernetes,
    Other,
}

fn cloud(record: Value<'_>) -> Cloud {
    let product =
        [say(record, "cloud.provider"), say(record, "metadata.product.vendor_name"), say(record, "metadata.product.name")];
    for name in product.into_iter().flatten() {
        let name = name.to_ascii_lowercase();
        match () {
            () if name.contains("kubernetes") || name.split(' ').any(|w| matches!(w, "eks" | "gke" | "aks")) => {
                return Cloud::Kubernetes;
            }
            () if name.contains("entra") => return Cloud::Entra,
            () if name.contains("aws") || name.contains("amazon") || name.contains("cloudtrail") => return Cloud::Aws,
            () if name.contains("gcp") || name.contains("google") => return Cloud::Google,
            () if name.contains("azure") || name.contains("microsoft") => return Cloud::Azure,
            () => {}
        }
    }
    Cloud::Other
}

/// Decodes one record. `None` if it says neither who nor what.
pub(crate) fn decode<'a>(record: Value<'a>, hints: &Hints<'a>) -> Option<Activity<'a>> {
    let cloud = cloud(record);
    if any_case(record, "class_uid").and_then(|c| c.u64()) == Some(finding::CLASS) {
        return finding::decode(record, cloud);
    }
    let mut a = Activity::new(Source::Ocsf, action(record, cloud));
    a.time = first(record, &["time_dt", "time", "metadata.original_time"]).or_else(|| hints.time.clone());
    a.event_id = first(record, &["metadata.uid", "metadata.correlation_uid", "api.request.uid"]).map(|id| bounded(id, 128));
    a.place = Place {
        account: first(record, &["cloud.account.uid", "cloud.project_uid", "cloud.account_uid"]).map(|c| bounded(c, 128)),
        region: say(record, "cloud.region"),
        host: None,
    };
    a.origin = origin(record);
    a.interactive = a.origin.user_agent.as_deref().filter(|u| is_browser(u)).map(|_| true);
    who(record, cloud, &mut a);
    if a.identity.is_none() && a.action.is_empty() {
        return None;
    }
    end(record, &mut a);
    for resource in any_case(record, "resources").into_iter().flat_map(|r| r.items()).take(MAX_TARGETS) {
        let Some(uid) = first(resource, &["uid", "name"]).map(|u| bounded(u, 1024)) else { continue };
        if cloud == Cloud::Kubernetes {
            let (kind, name) = (say(resource, "type").unwrap_or_default(), say(resource, "name"));
            a.targets.push(Target {
                name: k8s::target(say(resource, "namespace").as_deref(), &bounded(kind, 128), name.as_deref()),
            });
            continue;
        }
        let service = a.action.split(':').next().unwrap_or("ocsf");
        let name = aws::target(&uid).unwrap_or_else(|| join(&[service, ":"].concat(), &uid));
        a.targets.push(Target { name });
        a.mentions.push(uid);
    }
    strings(any_case(record, "api").and_then(|api| any_case(any_case(api, "request")?, "data")), &mut a.mentions);
    Some(a)
}

fn action<'a>(record: Value<'a>, cloud: Cloud) -> Text<'a> {
    let operation = say(record, "api.operation").map(|o| bounded(o, 256));
    let service = say(record, "api.service.name").map(|s| bounded(s, 128));
    let Some(operation) = operation else {
        return first(record, &["activity_name", "type_name"]).map_or(Text::default(), |n| join("ocsf:", &bounded(n, 128)));
    };
    match (cloud, service) {
        (Cloud::Aws, Some(service)) => [aws::label(&service), ":", aws::operation(&operation)].concat().into(),
        (Cloud::Aws, None) => ["aws:", aws::operation(&operation)].concat().into(),
        (Cloud::Google, _) => join("gcp:", &operation),
        (Cloud::Entra, _) => join("entra:", &operation),
        (Cloud::Azure, _) => join("azure:", &operation.to_ascii_lowercase()),
        (Cloud::Kubernetes, _) => {
            let resource = record.path_text("resources.[].type").or_else(|| record.path_text("resources.[].group.name"));
            let resource = resource.unwrap_or_default();
            ["k8s:", &operation, " ", &resource].concat().trim_end().to_owned().into()
        }
        (Cloud::Other, _) => join("ocsf:", &operation),
    }
}

fn origin<'a>(record: Value<'a>) -> Origin<'a> {
    let mut origin = Origin {
        asn: say(record, "src_endpoint.autonomous_system.number").and_then(|n| asn(&n)),
        user_agent: say(record, "http_request.user_agent").map(|u| bounded(u, 1024)),
        network: first(record, &["src_endpoint.vpc_uid", "src_endpoint.uid"]).map(|n| bounded(n, 128)),
        service: say(record, "actor.invoked_by").map(|s| bounded(s, 128)),
        ..Origin::default()
    };
    let from = say(record, "src_endpoint.ip").or_else(|| say(record, "src_endpoint.domain")).and_then(address);
    match from {
        Some(from) if from.parse::<IpAddr>().is_ok() => origin.ip = Some(from),
        Some(from) => origin.service = origin.service.or(Some(bounded(from, 128))),
        None => {}
    }
    origin
}

fn who<'a>(record: Value<'a>, cloud: Cloud, a: &mut Activity<'a>) {
    let actor = any_case(record, "actor");
    // An authentication event names its subject beside the actor.
    let user = actor.and_then(|a| any_case(a, "user")).filter(|u| first(*u, &["uid", "name", "email_addr", "type"]).is_some());
    let Some(user) = user.or_else(|| any_case(record, "user")) else {
        let service = actor.and_then(|a| first(a, &["invoked_by", "app_name"])).map(|s| bounded(s, 128));
        a.identity = service
            .map(|name| if cloud == Cloud::Aws { aws::service(name) } else { named(name, Kind::CloudService, Actor::Machine) });
        return;
    };
    let text = |key: &str| say(user, key).map(|t| bounded(t, 1024));
    let (uid, name) = (text("uid"), text("name").or_else(|| text("email_addr")));
    let session = actor.and_then(|a| any_case(a, "session"));
    let issuer = session.and_then(|s| say(s, "issuer")).map(|i| bounded(i, 1024));
    let of_account = first(user, &["account.uid", "account_uid"]).or_else(|| a.place.account.clone());
    let own = of_account.as_deref().unwrap_or("");

    let mut session_name = None;
    let principal = uid.as_ref().or(name.as_ref()).and_then(aws::principal);
    a.identity = match principal {
        Some(mut principal) => {
            session_name = principal.session.take();
            // The issuer's ARN has the role's path.
            if let Some(issuer) = issuer.clone().filter(|i| i.contains(":role/")) {
                principal.identity.raw = Some(issuer);
            }
            Some(principal.identity)
        }
        None if cloud == Cloud::Aws => aws_user(text("type").as_deref().unwrap_or(""), own, uid.clone(), name.clone(), actor),
        None => other(cloud, uid.clone(), name.clone(), text("type"), a),
    };
    let key = text("credential_uid").or_else(|| session.and_then(|s| say(s, "credential_uid"))).map(|k| bounded(k, 256));
    a.credential = key.map(|key| {
        let kind = match () {
            () if key.starts_with("AKIA") => CredentialKind::AccessKey,
            () if key.starts_with("ASIA") => CredentialKind::SessionKey,
            () => CredentialKind::Other,
        };
        let issued = session.and_then(|s| first(s, &["created_time_dt", "created_time"]));
        Credential { kind, id: Some(key), issuer: None, issued }
    });
    let session_name = session_name.or_else(|| session.and_then(|s| say(s, "uid"))).map(|n| bounded(n, 256));
    let mfa = session.and_then(|s| any_case(s, "is_mfa")?.bool()).or_else(|| any_case(record, "is_mfa")?.bool());
    a.session = session_name.map(|name| Session { name, mfa });
    if let Some(service) = a.origin.service.clone().filter(|s| s.ends_with(".amazonaws.com")) {
        let by = aws::service(service).id;
        a.delegation = (a.identity.as_ref().is_some_and(|i| i.id != by)).then_some(Delegation { by, human: Some(false) });
    }
}

fn aws_user<'a>(
    kind: &str,
    account: &str,
    uid: Option<Text<'a>>,
    name: Option<Text<'a>>,
    actor: Option<Value<'a>>,
) -> Option<Identity<'a>> {
    let provider = || actor.and_then(|a| say(a, "idp.name")).map(|p| bounded(p, 256)).unwrap_or("-".into());
    match kind {
        "Root" => Some(aws::root(account)),
        "AWSService" => actor.and_then(|a| say(a, "invoked_by")).or(name).or(uid).map(aws::service),
        "AssumedRole" => Some(aws::role(account, name.or(uid)?, None, None)),
        "WebIdentityUser" | "SAMLUser" => Some(aws::federated(account, &provider(), name.or(uid)?, None)),
        _ => Some(aws::user(account, name.or_else(|| part(&uid?, |u| u.split(':').next()))?, None)),
    }
}

fn other<'a>(
    cloud: Cloud,
    uid: Option<Text<'a>>,
    name: Option<Text<'a>>,
    kind: Option<Text<'a>>,
    a: &mut Activity<'a>,
) -> Option<Identity<'a>> {
    let best = name.clone().or_else(|| uid.clone())?;
    match cloud {
        Cloud::Kubernetes => return Some(k8s::user(None, best)),
        Cloud::Azure | Cloud::Entra if !is_mail(&best) => {
            return of_caller(uid.filter(|u| is_uuid(u)).unwrap_or(best), &mut a.links);
        }
        _ => {}
    }
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    let service = ["service", "system", "application", "app"].iter().any(|w| kind.contains(w));
    Some(match () {
        () if is_google_service_account(&best) => account(best, Actor::Machine),
        () if is_mail(&best) && !service => {
            account(best, if kind == "user" || kind == "admin" { Actor::Human } else { Actor::Ambiguous })
        }
        () if service => named(best, Kind::ServiceAccount, Actor::Machine),
        () => named(best, Kind::Token, Actor::Ambiguous),
    })
}

fn named(name: Text<'_>, kind: Kind, actor: Actor) -> Identity<'_> {
    Identity { id: join("ocsf:user:", &name), kind, actor, name, raw: None }
}

fn end<'a>(record: Value<'a>, a: &mut Activity<'a>) {
    let code = first(record, &["api.response.error", "status_code", "api.response.code"]).map(|c| bounded(c, 128));
    let status = say(record, "status_id").or_else(|| say(record, "status"));
    let refused = |code: &str| aws::denied(code) || matches!(code, "401" | "403" | "7" | "16" | "PERMISSION_DENIED");
    a.outcome = match status.as_deref() {
        Some("1" | "Success" | "success") => Some(Outcome::Success),
        Some("2" | "Failure" | "failure") => Some(match code.as_deref() {
            Some(code) if refused(code) => Outcome::Denied,
            // A failed authentication is a refusal, whatever its reason is called.
            _ if any_case(record, "class_uid").and_then(|c| c.u64()) == Some(3002) => Outcome::Denied,
            _ => Outcome::Error,
        }),
        _ => code.as_deref().filter(|c| refused(c)).map(|_| Outcome::Denied),
    };
    if !matches!(a.outcome, Some(Outcome::Success) | None) {
        a.error_code = code;
    }
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check, decoded};

    macro_rules! api {
        ($user:literal, $product:literal, $api:literal, $rest:literal) => {
            concat!(
                r#"{"class_uid":6003,"class_name":"API Activity","category_uid":6,"activity_id":2,"time":1772359200000,"metadata":{"version":"1.6.0","uid":"o-1","product":{"name":"#,
                $product, r#","vendor_name":"x"}},"actor":{"user":"#, $user, r#","session":{"issuer":"arn:aws:iam::123456789012:role/svc/deployer","is_mfa":false}},"api":"#,
                $api, r#","src_endpoint":{"ip":"192.0.2.10"},"cloud":{"region":"eu-west-1","account":{"uid":"123456789012"}},"#, $rest, "}"
            )
        };
    }

    #[test]
    fn who_and_what() {
        let row = |record, who: [&'static str; 3], what: [&'static str; 3]| {
            let ([id, kind, actor], [action, target, outcome]) = (who, what);
            Row { record, source: "ocsf", id, kind, actor, action, target, outcome }
        };
        check(&[
            row(
                api!(
                    r#"{"type":"AssumedRole","uid":"arn:aws:sts::123456789012:assumed-role/deployer/s","credential_uid":"ASIAIOSFODNN7EXAMPLE"}"#,
                    r#""CloudTrail""#,
                    r#"{"operation":"GetSecretValue","service":{"name":"secretsmanager.amazonaws.com"}}"#,
                    r#""status_id":1,"resources":[{"uid":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf"}]"#
                ),
                ["aws:role/123456789012/deployer", "role", "ambiguous"],
                ["secretsmanager:GetSecretValue", "secret:prod/db", "success"],
            ),
            row(
                api!(
                    r#"{"type":"IAMUser","name":"ci","uid":"AIDAEXAMPLE"}"#,
                    r#""AWS CloudTrail""#,
                    r#"{"operation":"CreateFunction20150331","service":{"name":"lambda.amazonaws.com"},"response":{"error":"AccessDenied"}}"#,
                    r#""status":"Failure""#
                ),
                ["aws:user/123456789012/ci", "access_key", "ambiguous"],
                ["lambda:CreateFunction", "", "denied"],
            ),
            row(
                api!(
                    r#"{"name":"etl@pay-prod.iam.gserviceaccount.com"}"#,
                    r#""Google Cloud Audit""#,
                    r#"{"operation":"storage.objects.get"}"#,
                    r#""status_id":2,"status_code":"7""#
                ),
                ["gcp:sa:etl@pay-prod.iam.gserviceaccount.com", "service_account", "machine"],
                ["gcp:storage.objects.get", "", "denied"],
            ),
            row(
                api!(
                    r#"{"name":"system:serviceaccount:pay:api"}"#,
                    r#""Kubernetes""#,
                    r#"{"operation":"get"}"#,
                    r#""status_id":1,"resources":[{"type":"secrets","name":"db","namespace":"pay"}]"#
                ),
                ["k8s:-:pay:api", "service_account", "machine"],
                ["k8s:get secrets", "k8s:pay/secrets/db", "success"],
            ),
            row(
                r#"{"class_uid":3002,"activity_name":"Logon","time":1772359200000,"metadata":{"product":{"name":"Example IdP"}},"user":{"name":"jane@example.com","type":"User"},"status_id":2,"status_code":"INVALID_PASSWORD"}"#,
                ["person:jane@example.com", "human", "human"],
                ["ocsf:Logon", "", "denied"],
            ),
        ]);
    }

    #[test]
    fn the_issuer_keeps_the_path() {
        let record = api!(
            r#"{"uid":"arn:aws:sts::123456789012:assumed-role/deployer/s"}"#,
            r#""CloudTrail""#,
            r#"{"operation":"ListBuckets","service":{"name":"s3.amazonaws.com"}}"#,
            r#""status_id":1"#
        );
        decoded(record, |a| {
            assert_eq!(a.identity.as_ref().unwrap().raw.as_deref(), Some("arn:aws:iam::123456789012:role/svc/deployer"));
            assert_eq!(a.session.as_ref().map(|s| (&*s.name, s.mfa)), Some(("s", Some(false))));
        });
    }
}
