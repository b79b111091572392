//! Amazon GuardDuty findings, as EventBridge and the export to S3 write them: another product's word about an identity, never
//! something that the identity did.
//!
//! The identity is the one whose credentials were used: `accessKeyDetails`, the user of a cluster, the role of a function. A finding
//! about an instance or a bucket names none. The action is `guardduty:finding`, the sort of finding stands in the detection.

use crate::Hints;
use crate::json::Value;
use crate::support::cloud::bounded;
use crate::support::fields::{first, say};
use crate::support::{aws, k8s};
use vires_event::{Activity, Credential, CredentialKind, Detection, Identity, Place, Source, Text};

/// True for a finding of the service.
pub(crate) fn detect(record: Value<'_>) -> bool {
    let (mut service, mut resource) = (false, false);
    for (key, value) in record.fields() {
        match key {
            "service" => service = value.get("serviceName").is_some_and(|s| s.str().is_some_and(|s| s == "guardduty")),
            "resource" => resource = value.is_object(),
            _ => {}
        }
    }
    service && resource
}

/// Decodes one record. `None` if it does not say what was found.
pub(crate) fn decode<'a>(record: Value<'a>, hints: &Hints<'a>) -> Option<Activity<'a>> {
    let title = say(record, "type").map(|t| bounded(t, 256))?;
    let mut a = Activity::new(Source::Guardduty, "guardduty:finding");
    a.time = first(record, &["service.eventLastSeen", "updatedAt", "createdAt"]).or_else(|| hints.time.clone());
    a.event_id = say(record, "id").map(|id| bounded(id, 128));
    a.place = Place { account: say(record, "accountId").map(|c| bounded(c, 64)), region: say(record, "region"), host: None };
    let severity = severity(say(record, "severity").as_deref());
    a.detection = Some(Detection { severity, title, alone: true });
    let key = say(record, "resource.accessKeyDetails.accessKeyId").map(|k| bounded(k, 128)).filter(|k| !k.is_empty());
    a.credential = key.map(|id| {
        let kind = match id.starts_with("AKIA") {
            true => CredentialKind::AccessKey,
            false => CredentialKind::SessionKey,
        };
        Credential { kind, id: Some(id), issuer: None, issued: None }
    });
    a.identity = who(record, a.place.account.as_deref().unwrap_or(""));
    Some(a)
}

/// 1–5 of the service's 1.0–10.0: low, medium, high and critical are 2 to 5.
fn severity(score: Option<&str>) -> u8 {
    match score.and_then(|s| s.parse::<f64>().ok()) {
        Some(s) if s >= 9.0 => 5,
        Some(s) if s >= 7.0 => 4,
        Some(s) if s >= 4.0 => 3,
        Some(s) if s >= 1.0 => 2,
        Some(_) => 1,
        None => 3,
    }
}

fn who<'a>(record: Value<'a>, account: &str) -> Option<Identity<'a>> {
    let said = |path| say(record, path).map(|t: Text<'a>| bounded(t, 512)).filter(|t| !t.is_empty());
    if let Some(user) = said("resource.kubernetesDetails.kubernetesUserDetails.username") {
        return Some(k8s::user(said("resource.eksClusterDetails.name").as_deref(), user));
    }
    if let Some(arn) = said("resource.lambdaDetails.role") {
        return aws::principal(&arn).map(|principal| principal.identity);
    }
    let name = said("resource.accessKeyDetails.userName");
    match &*said("resource.accessKeyDetails.userType")? {
        "Root" => Some(aws::root(account)),
        "AssumedRole" | "Role" => Some(aws::role(account, name?, None, None)),
        "IAMUser" => Some(aws::user(account, name?, None)),
        "AWSService" => name.map(aws::service),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check, decoded};

    macro_rules! finding {
        ($resource:literal, $severity:literal) => {
            concat!(
                r#"{"schemaVersion":"2.0","accountId":"123456789012","region":"eu-west-1","partition":"aws","id":"f-1","arn":"arn:aws:guardduty:eu-west-1:123456789012:detector/d/finding/f-1","type":"UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom","resource":"#,
                $resource, r#","service":{"serviceName":"guardduty","detectorId":"d","action":{"actionType":"AWS_API_CALL"},"eventFirstSeen":"2026-03-01T09:00:00Z","eventLastSeen":"2026-03-01T10:00:00Z","count":3},"severity":"#,
                $severity, r#","createdAt":"2026-03-01T10:10:00Z","updatedAt":"2026-03-01T10:20:00Z","title":"t","description":"d"}"#
            )
        };
    }

    #[test]
    fn names_whose_credentials_were_used() {
        let row = |record, id, kind, actor| Row {
            record,
            source: "guardduty",
            id,
            kind,
            actor,
            action: "guardduty:finding",
            target: "",
            outcome: "",
        };
        check(&[
            row(
                finding!(
                    r#"{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":"ASIAIOSFODNN7EXAMPLE","principalId":"AROAEXAMPLE:s","userType":"AssumedRole","userName":"deployer"}}"#,
                    "8.0"
                ),
                "aws:role/123456789012/deployer",
                "role",
                "ambiguous",
            ),
            row(
                finding!(
                    r#"{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","userType":"IAMUser","userName":"ci"}}"#,
                    "5"
                ),
                "aws:user/123456789012/ci",
                "access_key",
                "ambiguous",
            ),
            row(
                finding!(
                    r#"{"resourceType":"EKSCluster","eksClusterDetails":{"name":"prod"},"kubernetesDetails":{"kubernetesUserDetails":{"username":"system:serviceaccount:pay:api"}}}"#,
                    "5"
                ),
                "k8s:prod:pay:api",
                "service_account",
                "machine",
            ),
            row(
                finding!(r#"{"resourceType":"Instance","instanceDetails":{"instanceId":"i-0123456789abcdef0"}}"#, "2"),
                "",
                "",
                "",
            ),
        ]);
    }

    #[test]
    fn puts_the_severity_on_five_steps() {
        let severity = |record| {
            let mut found = None;
            decoded(record, |a| found = a.detection.as_ref().map(|d| (d.severity, d.alone)));
            found
        };
        assert_eq!(severity(finding!("{}", "0.5")), Some((1, true)));
        assert_eq!(severity(finding!("{}", "3.9")), Some((2, true)));
        assert_eq!(severity(finding!("{}", "4")), Some((3, true)));
        assert_eq!(severity(finding!("{}", "\"8.9\"")), Some((4, true)));
        assert_eq!(severity(finding!("{}", "9.5")), Some((5, true)));
        assert_eq!(severity(finding!("{}", "null")), Some((3, true)));
    }
}
