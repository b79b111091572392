//! Google Workspace Admin SDK Reports activities, as the API gives them (`events[]`) or flattened to one event per record.

use crate::Hints;
use crate::json::{Type, Value};
use crate::support::exact::first;
use crate::support::fields::{join, strings};
use crate::support::names::{account, foreign_domain, is_mail, machine, person_id, settle_interactive};
use crate::support::network::{address, asn};
use vires_event::{
    Activity, Actor, Credential, CredentialKind, Delegation, Identity, Kind, Origin, Outcome, Source, Target, Text,
};

pub(crate) fn detect(record: Value<'_>) -> bool {
    record.path("id.applicationName").is_some()
        || record.get_text("kind").is_some_and(|kind| &*kind == "admin#reports#activity")
}

pub(crate) fn decode<'a>(record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    let event = record.path("events.[]").unwrap_or(record);
    // Trimmed records may have no event name: the type, then the application, is the next best thing they say.
    let action =
        event.get_text("name").or_else(|| event.get_text("type")).or_else(|| first(record, &["id.applicationName"]))?;
    let mut activity = Activity::new(Source::GoogleWorkspace, join("google_workspace:", &action));
    let further = record.get("events").into_iter().flat_map(|events| events.items()).skip(1).take(8);
    activity.also = further.filter_map(|event| event.get_text("name")).map(|name| join("google_workspace:", &name)).collect();
    activity.time = first(record, &["id.time"]);
    activity.event_id = first(record, &["id.uniqueQualifier"]);
    activity.place.account = first(record, &["id.customerId", "ownerDomain"]);
    let parameters = Parameters(event.get("parameters"));
    activity.origin = Origin {
        ip: record.get_text("ipAddress").and_then(address),
        user_agent: parameters.get("user_agent"),
        asn: first(record, &["networkInfo.ipAsn.[]"]).and_then(|number| asn(&number)),
        ..Origin::default()
    };
    let actor = record.get("actor");
    activity.identity = actor.and_then(who);
    if activity.identity.is_none() && first(record, &["id.applicationName"]).as_deref() == Some("login") {
        activity.identity = parameters.get("affected_email_address").map(|email| account(email, Actor::Human));
    }
    if let Some(app) = actor.and_then(|a| first(a, &["applicationInfo.oauthClientId"])) {
        activity.delegation =
            actor.and_then(|a| a.get_text("email")).map(|mail| Delegation { by: person_id(&mail), human: Some(true) });
        activity.credential = Some(Credential { kind: CredentialKind::OauthToken, id: Some(app), issuer: None, issued: None });
    }
    let failed = action.ends_with("_failure") || action.ends_with("_fail") || parameters.get("login_failure_type").is_some();
    let blocked = action.ends_with("_blocked") || parameters.get("actor_is_blocked").as_deref() == Some("true");
    activity.outcome = Some(if failed || blocked { Outcome::Denied } else { Outcome::Success });
    targets(record, &parameters, &mut activity);
    mentions(&parameters, &mut activity.mentions);
    destinations(&parameters, &mut activity);
    settle_interactive(&mut activity);
    Some(activity)
}

fn who(actor: Value<'_>) -> Option<Identity<'_>> {
    if let Some(client) = first(actor, &["applicationInfo.oauthClientId"]) {
        let mut who = machine(Kind::OauthApp, "google_workspace:app:", client);
        who.name = first(actor, &["applicationInfo.applicationName"]).unwrap_or(who.name);
        return Some(who);
    }
    if let Some(key) = actor.get_text("key") {
        return Some(machine(Kind::ServiceAccount, "google_workspace:key:", key));
    }
    let email = actor.get_text("email");
    match (actor.get_text("callerType").as_deref(), email) {
        (Some("KEY"), Some(email)) => Some(machine(Kind::ServiceAccount, "google_workspace:key:", email)),
        (Some("APPLICATION"), Some(email)) => Some(machine(Kind::OauthApp, "google_workspace:app:", email)),
        (_, Some(email)) => Some(account(email, Actor::Human)),
        (Some("KEY" | "APPLICATION"), None) => {
            Some(machine(Kind::ServiceAccount, "google_workspace:key:", actor.get_text("profileId")?))
        }
        _ => None,
    }
}

fn targets<'a>(record: Value<'a>, parameters: &Parameters<'a>, activity: &mut Activity<'a>) {
    let app = first(record, &["id.applicationName"]).unwrap_or("workspace".into());
    let named = [
        ("doc_title", "drive"),
        ("doc_id", "drive"),
        ("API_CLIENT_NAME", "app"),
        ("app_name", "app"),
        ("client_id", "app"),
        ("APPLICATION_NAME", "app"),
        ("USER_EMAIL", "user"),
        ("affected_email_address", "user"),
        ("GROUP_EMAIL", "group"),
        ("ROLE_NAME", "role"),
        ("DOMAIN_NAME", "domain"),
        ("calendar_id", "calendar"),
        ("SETTING_NAME", "setting"),
        ("rule_name", "rule"),
    ];
    let names = named.iter().filter_map(|(key, kind)| Some((kind, parameters.get(key)?))).take(4);
    activity.targets.extend(names.map(|(kind, name)| Target { name: Text::Owned(format!("google_workspace:{kind}/{name}")) }));
    if activity.targets.is_empty() {
        activity.targets.push(Target { name: join("google_workspace:", &app) });
    }
}

/// Parameters that name a thing, a role or a scope. The others (login types, device states) would only look like names.
fn mentions<'a>(parameters: &Parameters<'a>, out: &mut Vec<Text<'a>>) {
    let named = [
        "doc_title",
        "owner",
        "target_user",
        "ROLE_NAME",
        "PRIVILEGE_NAME",
        "GROUP_EMAIL",
        "ORG_UNIT_NAME",
        "app_name",
        "APPLICATION_NAME",
        "SETTING_NAME",
        "API_SCOPES",
        "scope",
    ];
    for key in named {
        match parameters.value(key) {
            Some(value) if value.kind() == Type::Array => strings(Some(value), out),
            Some(value) => out.extend(value.text()),
            None => {}
        }
    }
}

/// Shares, forwards and trusts that lead out of the actor's own domain.
fn destinations<'a>(parameters: &Parameters<'a>, activity: &mut Activity<'a>) {
    let own = match &activity.delegation {
        Some(behind) => Some(behind.by.clone()),
        None => activity.identity.as_ref().map(|who| who.name.clone()),
    };
    let receivers = ["target_user", "grantee_email", "email_forwarding_destination_address", "new_owner", "target_domain"];
    for name in receivers.iter().filter_map(|key| parameters.get(key)) {
        if is_mail(&name) {
            activity.destinations.extend(foreign_domain(own.as_deref(), &name));
        } else if name.contains('.') && own.as_deref().is_none_or(|own| !own.ends_with(&*name)) {
            activity.destinations.push(name);
        }
    }
    if activity.action.ends_with("ADD_TRUSTED_DOMAINS") {
        activity.destinations.extend(parameters.get("DOMAIN_NAME"));
    }
    if let Some("people_with_link" | "public_on_the_web" | "public_in_the_domain") = parameters.get("visibility").as_deref()
        && parameters.get("visibility_change").as_deref() == Some("external")
    {
        activity.destinations.push("anyone".into());
    }
    activity.destinations.dedup();
    // With whom the actor shares a domain it shares no more than that.
    let with_whom = parameters.get("target_user").filter(|whom| is_mail(whom));
    let open = parameters.get("visibility").is_some_and(|seen| seen.contains("public") || seen.contains("link"));
    if with_whom.is_some() && own.as_deref().is_some_and(is_mail) && activity.destinations.is_empty() && !open {
        activity.detail = Some("within the domain".into());
    }
}

/// `parameters`: the API's list of `{name, value}` or a flattened object.
struct Parameters<'a>(Option<Value<'a>>);

impl<'a> Parameters<'a> {
    fn value(&self, key: &str) -> Option<Value<'a>> {
        let all = self.0?;
        if all.kind() == Type::Object {
            return all.get(key);
        }
        let found = all.items().find(|item| item.get_text("name").is_some_and(|name| &*name == key))?;
        ["value", "boolValue", "intValue", "multiValue"].iter().find_map(|member| found.get(member))
    }

    /// The text of a parameter, or of the first of its values.
    fn get(&self, key: &str) -> Option<Text<'a>> {
        let value = self.value(key)?;
        value.text().or_else(|| value.items().next()?.text())
    }
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check, decoded};

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"kind":"admin#reports#activity","id":{"time":"2026-01-05T08:00:00Z","uniqueQualifier":"1","applicationName":"admin","customerId":"C1"},"actor":{"callerType":"USER","email":"jane@example.com"},"events":[{"type":"T","name":"AUTHORIZE_API_CLIENT_ACCESS","parameters":[{"name":"API_CLIENT_NAME","value":"1234"},{"name":"API_SCOPES","multiValue":["drive"]}]}]}"#,
                source: "google_workspace",
                id: "person:jane@example.com",
                kind: "human",
                actor: "human",
                action: "google_workspace:AUTHORIZE_API_CLIENT_ACCESS",
                target: "google_workspace:app/1234",
                outcome: "success",
            },
            Row {
                record: r#"{"id":{"applicationName":"drive"},"actor":{"email":"sync@proj.iam.gserviceaccount.com"},"name":"download","parameters":{"doc_title":"Plan"}}"#,
                source: "google_workspace",
                id: "gcp:sa:sync@proj.iam.gserviceaccount.com",
                kind: "service_account",
                actor: "machine",
                action: "google_workspace:download",
                target: "google_workspace:drive/Plan",
                outcome: "success",
            },
            Row {
                record: r#"{"id":{"applicationName":"login"},"name":"login_failure","actor":{"email":"joe@example.com"},"parameters":{"login_failure_type":"x"}}"#,
                source: "google_workspace",
                id: "person:joe@example.com",
                kind: "human",
                actor: "human",
                action: "google_workspace:login_failure",
                target: "google_workspace:login",
                outcome: "denied",
            },
        ]);
    }

    #[test]
    fn an_app_acts_for_a_person_and_shares_abroad() {
        let record = r#"{"id":{"applicationName":"drive"},"actor":{"email":"jane@example.com","applicationInfo":{"oauthClientId":"77.apps","applicationName":"sync"}},"name":"change_user_access","parameters":{"target_user":"x@example.net","doc_title":"Plan"}}"#;
        decoded(record, |found| {
            assert_eq!(found.identity.as_ref().unwrap().id, "google_workspace:app:77.apps");
            assert_eq!(found.delegation.as_ref().unwrap().by, "person:jane@example.com");
            assert_eq!(found.destinations, ["example.net"]);
            assert_eq!(found.mentions, ["Plan", "x@example.net"]);
        });
    }

    #[test]
    fn a_share_within_the_domain_is_told() {
        for (whom, more, detail) in [
            ("x@example.com", "", Some("within the domain")),
            ("x@example.net", "", None),
            ("x@example.com", r#","visibility":"people_with_link""#, None),
        ] {
            let record = format!(
                r#"{{"id":{{"applicationName":"drive"}},"actor":{{"email":"jane@example.com"}},"name":"change_user_access","parameters":{{"target_user":"{whom}","doc_title":"Plan"{more}}}}}"#
            );
            decoded(&record, |found| assert_eq!(found.detail.as_deref(), detail, "{record}"));
        }
    }
}
