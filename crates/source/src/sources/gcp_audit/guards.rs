//! Rules of a firewall that let in nobody from outside: the same call opens a network and shuts it.

use crate::json::Value;
use crate::support::fields::any_case;
use crate::support::network::is_private_network;

/// What [`vires_event::Activity::detail`] says of such a request.
pub(super) const OPENS_NOTHING: &str = "opens nothing";

/// True if a rule is made or changed, and admits private networks alone.
pub(super) fn opens_nothing(payload: Value<'_>, method: &str) -> bool {
    let rule = method.rsplit_once('.').filter(|(head, _)| head.ends_with("firewalls")).map(|(_, verb)| verb);
    if !rule.is_some_and(|verb| matches!(verb, "insert" | "update" | "patch" | "create")) {
        return false;
    }
    let Some(request) = any_case(payload, "request") else { return false };
    // A rule that refuses may take the place of one that refused more.
    if ["denieds", "denied", "disabled"].iter().any(|key| any_case(request, key).is_some()) {
        return false;
    }
    let mut ranges = any_case(request, "sourceRanges").into_iter().flat_map(|list| list.items()).peekable();
    ranges.peek().is_some() && ranges.all(|range| range.text().is_some_and(|cidr| is_private_network(&cidr)))
}

#[cfg(test)]
mod tests {
    use crate::support::testing::decoded;

    #[test]
    fn a_rule_for_the_own_network_opens_nothing() {
        let rule = |method: &str, request: &str| {
            let entry = format!(
                r#"{{"logName":"projects/p/logs/cloudaudit.googleapis.com%2Factivity","insertId":"i","protoPayload":{{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","serviceName":"compute.googleapis.com","methodName":"{method}","resourceName":"projects/p/global/firewalls/f","authenticationInfo":{{"principalEmail":"infra@p.iam.gserviceaccount.com"}},"request":{request}}}}}"#
            );
            let mut found = false;
            decoded(&entry, |a| found = a.detail.as_deref() == Some(super::OPENS_NOTHING));
            found
        };
        const INSERT: &str = "v1.compute.firewalls.insert";
        assert!(rule(INSERT, r#"{"sourceRanges":["10.8.0.0/14"],"alloweds":[{"IPProtocol":"tcp"}]}"#));
        assert!(
            !rule("beta.compute.firewalls.patch", r#"{"denieds":[{"IPProtocol":"all"}],"sourceRanges":["10.8.0.0/14"]}"#),
            "a wider rule may have stood there"
        );
        assert!(!rule(INSERT, r#"{"sourceRanges":["10.8.0.0/14","203.0.113.9/32"],"alloweds":[{"IPProtocol":"tcp"}]}"#));
        assert!(!rule(INSERT, r#"{"alloweds":[{"IPProtocol":"tcp"}]}"#), "of no range is of all");
        assert!(!rule("v1.compute.firewalls.delete", r#"{"sourceRanges":["10.8.0.0/14"]}"#));
        assert!(!rule("v1.compute.routers.insert", r#"{"sourceRanges":["10.8.0.0/14"]}"#));
    }
}
