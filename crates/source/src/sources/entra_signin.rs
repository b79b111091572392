//! Microsoft Entra sign-ins: of users (interactive or not), service principals and managed identities; as diagnostic settings export
//! them (`category` and `properties`) and as the Graph API returns them (flat).
//!
//! The action is `entra:Sign-in activity`. A failed sign-in was refused: its outcome is `denied`.

use crate::Hints;
use crate::json::Value;
use crate::support::azure::{account, application, event_id};
use crate::support::cloud::{bounded, lower};
use crate::support::fields::{any_case, first, join, say};
use crate::support::names::human;
use crate::support::network::{address, asn, is_browser};
use vires_event::{Activity, Actor, Credential, CredentialKind, Kind, Origin, Outcome, Place, Session, Source, Target, Text};

/// True for a sign-in record of either form.
pub(crate) fn detect(record: Value<'_>) -> bool {
    let (mut who, mut app, mut sign) = (false, false, false);
    for (key, value) in record.fields() {
        match key {
            "category" | "Category" | "Type" => {
                let category = value.str().unwrap_or_default();
                if ends_with(&category, "SignInLogs") {
                    return true;
                }
            }
            "userPrincipalName" | "servicePrincipalId" => who = true,
            "appId" => app = true,
            "conditionalAccessStatus" | "signInEventTypes" | "clientAppUsed" | "servicePrincipalCredentialKeyId" => sign = true,
            _ => {}
        }
    }
    who && app && sign
}

fn ends_with(text: &str, end: &str) -> bool {
    text.len().checked_sub(end.len()).and_then(|at| text.get(at..)).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

/// Decodes one record. `None` if it says neither who nor what.
pub(crate) fn decode<'a>(record: Value<'a>, hints: &Hints<'a>) -> Option<Activity<'a>> {
    let p = any_case(record, "properties").unwrap_or(record);
    let activity = say(record, "operationName").map_or("Sign-in activity".into(), |o| bounded(o, 256));
    let mut a = Activity::new(Source::EntraSignin, join("entra:", &activity));
    a.time = say(p, "createdDateTime").or_else(|| say(record, "time")).or_else(|| hints.time.clone());
    a.event_id = event_id(record);
    let tenant = say(record, "tenantId").map(lower).or_else(|| say(record, "resourceId").as_ref().and_then(account));
    a.place = Place { account: tenant, ..Place::default() };
    a.origin = Origin {
        ip: say(p, "ipAddress").or_else(|| say(record, "callerIpAddress")).and_then(address),
        asn: say(p, "autonomousSystemNumber").and_then(|n| asn(&n)),
        user_agent: say(p, "userAgent").map(|u| bounded(u, 1024)),
        ..Origin::default()
    };
    a.interactive = any_case(p, "isInteractive").and_then(|i| i.bool());

    let category = first(record, &["category", "Type"]).unwrap_or_default();
    let principal = say(p, "servicePrincipalId");
    let machine = principal.is_some()
        || ["serviceprincipalsigninlogs", "managedidentitysigninlogs"].iter().any(|c| ends_with(&category, c));
    if machine {
        of_application(p, principal, &category, &mut a);
    } else {
        of_person(p, &mut a);
    }
    a.identity.as_ref()?;

    let requirement = say(p, "authenticationRequirement");
    let name = first(p, &["sessionId", "uniqueTokenIdentifier"]).map(|n| bounded(n, 256));
    let mfa = requirement.map(|r| r == "multiFactorAuthentication");
    a.session = name.map(|name| Session { name, mfa });
    end(record, p, &mut a);
    if let Some(resource) = first(p, &["resourceDisplayName", "resourceId"]) {
        a.targets.push(Target { name: join("entra:", &bounded(resource, 256)) });
    }
    a.mentions.extend(first(p, &["appDisplayName", "servicePrincipalName"]).map(|n| bounded(n, 256)));
    Some(a)
}

fn of_application<'a>(p: Value<'a>, principal: Option<Text<'a>>, category: &str, a: &mut Activity<'a>) {
    let name = first(p, &["servicePrincipalName", "appDisplayName"]).map(|n| bounded(n, 256));
    a.identity = application(say(p, "appId"), principal, name, &mut a.links);
    let managed = ends_with(category, "managedidentitysigninlogs")
        || say(p, "managedIdentityType").is_some_and(|t| !t.eq_ignore_ascii_case("none"));
    let agent = say(p, "agent.agentType").is_some_and(|t| !t.to_ascii_lowercase().starts_with("not"));
    if let Some(identity) = &mut a.identity {
        match () {
            () if agent => identity.kind = Kind::AiAgent,
            () if managed => identity.kind = Kind::Workload,
            () => {}
        }
    }
    a.interactive = Some(false);
    let sort = say(p, "clientCredentialType").unwrap_or_default().to_ascii_lowercase();
    let federated = say(p, "federatedCredentialId");
    let key = first(p, &["servicePrincipalCredentialKeyId", "servicePrincipalCredentialThumbprint"]);
    let (kind, id) = match &*sort {
        _ if federated.is_some() => (CredentialKind::Oidc, federated),
        "federatedidentitycredential" => (CredentialKind::Oidc, key),
        "certificate" | "clientassertion" => (CredentialKind::Certificate, key),
        "clientsecret" => (CredentialKind::ClientSecret, key),
        _ if say(p, "servicePrincipalCredentialThumbprint").is_some() => (CredentialKind::Certificate, key),
        _ if key.is_some() => (CredentialKind::ClientSecret, key),
        _ => return,
    };
    a.credential = Some(Credential { kind, id: id.map(|id| bounded(id, 256)), issuer: None, issued: None });
}

fn of_person<'a>(p: Value<'a>, a: &mut Activity<'a>) {
    let Some(name) = first(p, &["userPrincipalName", "userDisplayName", "userId"]) else { return };
    let mut identity = human(bounded(name, 512));
    let protocol = say(p, "authenticationProtocol").unwrap_or_default();
    // Only a program sends a person's password to the token endpoint itself.
    if protocol.eq_ignore_ascii_case("ropc") {
        identity.actor = Actor::Ambiguous;
        a.credential = Some(Credential { kind: CredentialKind::Password, id: None, issuer: None, issued: None });
    }
    if a.interactive.is_none() {
        a.interactive = a.origin.user_agent.as_deref().filter(|u| is_browser(u)).map(|_| true);
    }
    a.identity = Some(identity);
}

fn end<'a>(record: Value<'a>, p: Value<'a>, a: &mut Activity<'a>) {
    // 0 is success; 50140 and the like ask the person something and are no refusal.
    const INTERRUPTS: [&str; 4] = ["50125", "50140", "50199", "65001"];
    let code = say(p, "status.errorCode").or_else(|| say(record, "resultType")).map(|c| bounded(c, 64));
    let blocked = say(p, "conditionalAccessStatus").is_some_and(|s| s == "failure");
    a.outcome = match code.as_deref() {
        Some("0" | "Success" | "success") if blocked => Some(Outcome::Denied),
        Some("0" | "Success" | "success") => Some(Outcome::Success),
        Some(code) if INTERRUPTS.contains(&code) => Some(Outcome::Error),
        Some(_) => Some(Outcome::Denied),
        None => blocked.then_some(Outcome::Denied),
    };
    if !matches!(a.outcome, Some(Outcome::Success) | None) {
        a.error_code = code;
    }
}

#[cfg(test)]
mod tests {
    use super::detect;
    use crate::json::Tape;
    use crate::support::testing::{Row, check, decoded};
    use vires_event::{CredentialKind, Link};

    macro_rules! sign_in {
        ($category:literal, $properties:literal) => {
            concat!(
                r#"{"time":"2026-03-01T10:00:05Z","resourceId":"/tenants/00000000-0000-0000-0000-0000000000aa/providers/Microsoft.aadiam","operationName":"Sign-in activity","category":""#,
                $category, r#"","tenantId":"00000000-0000-0000-0000-0000000000AA","resultType":"0","callerIpAddress":"192.0.2.10","correlationId":"c-1","properties":{"createdDateTime":"2026-03-01T10:00:00Z","appId":"11111111-2222-3333-4444-555555555555","resourceDisplayName":"Microsoft Graph","#,
                $properties, "}}"
            )
        };
    }

    const SIGN_IN: &str = "entra:Sign-in activity";
    const GRAPH: &str = "entra:Microsoft Graph";
    const APP: &str = "entra:app:11111111-2222-3333-4444-555555555555";

    fn row(record: &'static str, who: [&'static str; 3], outcome: &'static str) -> Row {
        let [id, kind, actor] = who;
        Row { record, source: "entra_signin", id, kind, actor, action: SIGN_IN, target: GRAPH, outcome }
    }

    #[test]
    fn who_and_what() {
        check(&[
            row(
                sign_in!(
                    "ServicePrincipalSignInLogs",
                    r#""servicePrincipalId":"66666666-7777-8888-9999-000000000000","servicePrincipalName":"deploy","clientCredentialType":"clientSecret","servicePrincipalCredentialKeyId":"k-1","status":{"errorCode":0}"#
                ),
                [APP, "service_account", "machine"],
                "success",
            ),
            row(
                sign_in!(
                    "ManagedIdentitySignInLogs",
                    r#""servicePrincipalId":"66666666-7777-8888-9999-000000000000","managedIdentityType":"userAssigned","status":{"errorCode":0}"#
                ),
                [APP, "workload", "machine"],
                "success",
            ),
            row(
                sign_in!(
                    "ServicePrincipalSignInLogs",
                    r#""servicePrincipalId":"","agent":{"agentType":"agenticAppInstance"},"status":{"errorCode":7000215}"#
                ),
                [APP, "ai_agent", "machine"],
                "denied",
            ),
            row(
                sign_in!(
                    "SignInLogs",
                    r#""userPrincipalName":"Jane@example.com","servicePrincipalId":"","isInteractive":true,"status":{"errorCode":50126}"#
                ),
                ["person:jane@example.com", "human", "human"],
                "denied",
            ),
            row(
                sign_in!(
                    "NonInteractiveUserSignInLogs",
                    r#""userPrincipalName":"jane@example.com","isInteractive":false,"authenticationProtocol":"ropc","conditionalAccessStatus":"failure","status":{"errorCode":0}"#
                ),
                ["person:jane@example.com", "human", "ambiguous"],
                "denied",
            ),
            row(
                r#"{"id":"s-1","createdDateTime":"2026-03-01T10:00:00Z","userPrincipalName":"jane@example.com","appId":"a","resourceDisplayName":"Microsoft Graph","clientAppUsed":"Browser","conditionalAccessStatus":"success","isInteractive":true,"ipAddress":"192.0.2.10","status":{"errorCode":0}}"#,
                ["person:jane@example.com", "human", "human"],
                "success",
            ),
        ]);
    }

    #[test]
    fn credentials_and_aliases() {
        let record = sign_in!(
            "ServicePrincipalSignInLogs",
            r#""servicePrincipalId":"66666666-7777-8888-9999-000000000000","federatedCredentialId":"f-1","autonomousSystemNumber":64496,"uniqueTokenIdentifier":"u-1""#
        );
        decoded(record, |a| {
            assert_eq!(a.links, [Link::Alias { id: "entra:sp:66666666-7777-8888-9999-000000000000".into() }]);
            let credential = a.credential.as_ref().unwrap();
            assert_eq!((credential.kind, credential.id.as_deref()), (CredentialKind::Oidc, Some("f-1")));
            assert_eq!((a.origin.asn.as_deref(), a.interactive), (Some("AS64496"), Some(false)));
            assert_eq!(a.place.account.as_deref(), Some("00000000-0000-0000-0000-0000000000aa"));
        });
    }

    #[test]
    fn leaves_other_records_alone() {
        for record in [r#"{"userPrincipalName":"a","appId":"b"}"#, r#"{"category":"AuditLogs"}"#] {
            let mut tape = Tape::default();
            assert!(!detect(tape.parse(record).unwrap()), "{record}");
        }
    }
}
