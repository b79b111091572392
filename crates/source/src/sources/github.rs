//! GitHub organisation and enterprise audit log: streamed, exported, or from the REST API.

use crate::Hints;
use crate::json::Value;
use crate::support::exact::{first, mentions};
use crate::support::fields::{join, strings};
use crate::support::names::{account, identity, is_mail, machine};
use crate::support::network::{address, is_browser, url_host};
use crate::support::service_name::by_name;
use vires_event::{
    Activity, Actor, Credential, CredentialKind, Delegation, Identity, Kind, Link, Origin, Source, Target, Text,
};

/// Members that only GitHub's records carry. `action` and `actor` alone would also fit Slack, Wiz and others.
const OWN_MEMBERS: &[&str] = &[
    "_document_id",
    "org",
    "repo",
    "repository",
    "business",
    "hashed_token",
    "programmatic_access_type",
    "actor_location",
    "actor_is_bot",
    "external_identity_nameid",
];

pub(crate) fn detect(record: Value<'_>) -> bool {
    let Some(action) = record.get_text("action") else { return false };
    let action_like = action.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'-'));
    // An actor that is an object, or an entity and a context beside it, belong to other vendors.
    let flat_actor = record.get("actor").is_none_or(|actor| !actor.is_object());
    action_like && flat_actor && OWN_MEMBERS.iter().any(|key| record.get(key).is_some_and(|v| !v.is_object()))
}

pub(crate) fn decode<'a>(record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    let action = record.get_text("action")?;
    let mut activity = Activity::new(Source::Github, join("github:", &action));
    activity.time = first(record, &["@timestamp", "created_at", "at_sign_timestamp"]);
    activity.event_id = record.get_text("_document_id");
    activity.origin = Origin {
        ip: record.get_text("actor_ip").and_then(address),
        user_agent: record.get_text("user_agent"),
        ..Origin::default()
    };
    activity.place.account = first(record, &["org", "business"]);
    let access = record.get_text("programmatic_access_type");
    activity.credential = credential(record, &action, access.as_deref());
    let by_browser = activity.origin.user_agent.as_deref().is_some_and(is_browser) && activity.credential.is_none();
    activity.identity = who(record, access.as_deref(), by_browser);
    activity.interactive = match (&activity.identity, by_browser) {
        (Some(identity), _) if identity.actor == Actor::Machine => Some(false),
        (_, true) => Some(true),
        _ => None,
    };
    // A user-to-server token acts for the person; the app is who holds the token.
    if access.as_deref() == Some("GitHub App user-to-server token") {
        activity.delegation =
            record.get_text("actor").map(|login| Delegation { by: join("github:user:", &login), human: None });
    }
    targets(record, &action, &mut activity);
    activity.outcome = Some(outcome(&action));
    destinations(record, &action, &mut activity.destinations);
    links(record, &action, &mut activity.links);
    Some(activity)
}

/// The audit log records what was done; only a few actions name a refusal.
fn outcome(action: &str) -> vires_event::Outcome {
    let refused = [".denied", "_denied", ".failed_login", "_failed", ".failed", ".rejected_ref_update"];
    if refused.iter().any(|end| action.ends_with(end)) { vires_event::Outcome::Denied } else { vires_event::Outcome::Success }
}

fn who<'a>(record: Value<'a>, access: Option<&str>, by_browser: bool) -> Option<Identity<'a>> {
    let actor = first(record, &["actor", "data.actor"])?;
    if let Some(name) = actor.strip_suffix("[bot]") {
        let kind = if name == "github-actions" { Kind::CiRunner } else { Kind::Bot };
        return Some(Identity {
            id: join("github:app:", name),
            kind,
            actor: Actor::Machine,
            name: Text::Owned(name.to_owned()),
            raw: Some(actor),
        });
    }
    let is_bot = record.get("actor_is_bot").and_then(|v| v.bool());
    Some(match access {
        Some("GitHub App server-to-server token" | "github_app") => machine(Kind::OauthApp, "github:app:", actor),
        Some("Deploy key" | "deploy_key") => deploy_key(record, actor),
        _ if is_bot == Some(true) => machine(Kind::Bot, "github:app:", actor),
        _ if matches!(&*actor, "github" | "ghost") => machine(Kind::CloudService, "github:user:", actor),
        _ if &*actor == "deploy_key" => deploy_key(record, actor),
        Some(access) => {
            let kind = match access {
                "OAuth access token" | "oauth_token" | "GitHub App user-to-server token" => Kind::OauthApp,
                _ => Kind::Token,
            };
            identity(kind, Actor::Ambiguous, "github:user:", actor)
        }
        None if is_mail(&actor) => account(actor, Actor::Human),
        None => {
            let actor_word = if by_browser { Actor::Human } else { Actor::Ambiguous };
            by_name(identity(Kind::Human, actor_word, "github:user:", actor))
        }
    })
}

/// A deploy key belongs to one repository; the login beside it is of whoever added it, if it is there at all.
fn deploy_key<'a>(record: Value<'a>, actor: Text<'a>) -> Identity<'a> {
    match (&*actor, first(record, &["repo", "repository"])) {
        ("deploy_key", Some(repo)) => machine(Kind::Token, "github:deploy_key:", repo),
        _ => machine(Kind::Token, "github:user:", actor),
    }
}

fn credential<'a>(record: Value<'a>, action: &str, access: Option<&str>) -> Option<Credential<'a>> {
    let id = first(record, &["hashed_token", "token_id", "oauth_access_id", "credential_authorized_id"]).filter(|id| id != "0");
    let kind = match access {
        Some("Personal access token (classic)" | "Fine-grained personal access token" | "personal_access_token") => {
            CredentialKind::Pat
        }
        // An app's installation token ends after an hour.
        Some(
            "OAuth access token"
            | "oauth_token"
            | "GitHub App user-to-server token"
            | "GitHub App server-to-server token"
            | "github_app",
        ) => CredentialKind::OauthToken,
        Some("Deploy key" | "deploy_key") => CredentialKind::DeployKey,
        Some("SSH key") => CredentialKind::SshKey,
        Some(_) => CredentialKind::Other,
        // In an event about a token, the token beside it is the one that was granted or revoked, not the actor's.
        None if id.is_none() || action.starts_with("personal_access_token.") || action.starts_with("oauth_") => return None,
        None => CredentialKind::Other,
    };
    Some(Credential { kind, id, issuer: None, issued: None })
}

fn targets<'a>(record: Value<'a>, action: &str, activity: &mut Activity<'a>) {
    if let Some(repo) = first(record, &["repo", "repository"]) {
        activity.targets.push(Target { name: join("github:", &repo) });
    } else if let Some(org) = first(record, &["org", "business"]) {
        activity.targets.push(Target { name: join("github:", &org) });
    }
    // Secrets, keys and environments have names of their own; a reader of secrets will look for them.
    let named = ["secret_name", "key", "environment_name", "environment"];
    if action.contains("secret") || action.starts_with("environment") {
        activity.targets.extend(first(record, &named).map(|name| Target { name: join("github:secret/", &name) }));
    }
    let paths = [
        "name",
        "team",
        "user",
        "branch",
        "head_branch",
        "ref",
        "key",
        "title",
        "environment_name",
        "secret_name",
        "integration",
        "oauth_application",
        "oauth_application_name",
        "application_name",
        "runner_name",
        "ruleset_name",
        "package",
        "permission",
        "new_repo_permission",
        "visibility",
        "event",
        "config.url",
        "workflow",
        "description",
    ];
    mentions(record, &paths, &mut activity.mentions);
    strings(record.get("secrets_passed"), &mut activity.mentions);
}

fn destinations<'a>(record: Value<'a>, action: &str, out: &mut Vec<Text<'a>>) {
    if let Some(url) = first(record, &["config.url", "hook_url", "webhook_url", "sink_details.endpoint", "stream_endpoint"]) {
        out.extend(url_host(&url).map(|host| Text::Owned(host.to_owned())));
    }
    let outsider = action.contains("outside_collaborator") || action.starts_with("org.invite") || action == "repo.add_member";
    if outsider {
        out.extend(first(record, &["email", "invitee_email", "user", "invitee"]));
    }
    if action.starts_with("repo.transfer") {
        out.extend(first(record, &["new_owner", "target_login", "new_nwo"]));
    }
    // What is put into a public repository is anyone's.
    if matches!(action, "repo.access" | "repo.create") && record.get_text("visibility").as_deref() == Some("public") {
        out.push("anyone".into());
    }
}

/// A token that was granted or made here, as later records name it.
fn links<'a>(record: Value<'a>, action: &str, out: &mut Vec<Link<'a>>) {
    let makes =
        matches!(action, "personal_access_token.access_granted" | "personal_access_token.create" | "oauth_access.create");
    if makes && let Some(credential) = first(record, &["hashed_token", "token_id", "oauth_access_id"]) {
        let owner = first(record, &["user", "actor"]).map(|login| join("github:user:", &login));
        out.push(Link::Issued { credential, owner });
    }
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check, decoded};
    use vires_event::Link;

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"@timestamp":1700000000000,"_document_id":"d1","action":"git.clone","actor":"deploy-bot[bot]","org":"example","repo":"example/app","actor_ip":"192.0.2.7"}"#,
                source: "github",
                id: "github:app:deploy-bot",
                kind: "bot",
                actor: "machine",
                action: "github:git.clone",
                target: "github:example/app",
                outcome: "success",
            },
            Row {
                record: r#"{"action":"workflows.created_workflow_run","actor":"github-actions[bot]","org":"example","repo":"example/app","created_at":1700000000000}"#,
                source: "github",
                id: "github:app:github-actions",
                kind: "ci_runner",
                actor: "machine",
                action: "github:workflows.created_workflow_run",
                target: "github:example/app",
                outcome: "success",
            },
            Row {
                record: r#"{"action":"repo.create","actor":"octo","org":"example","programmatic_access_type":"Personal access token (classic)","hashed_token":"h="}"#,
                source: "github",
                id: "github:user:octo",
                kind: "token",
                actor: "ambiguous",
                action: "github:repo.create",
                target: "github:example",
                outcome: "success",
            },
            Row {
                record: r#"{"action":"git.push","actor":"deploy_key","repo":"example/app","programmatic_access_type":"Deploy key"}"#,
                source: "github",
                id: "github:deploy_key:example/app",
                kind: "token",
                actor: "machine",
                action: "github:git.push",
                target: "github:example/app",
                outcome: "success",
            },
            Row {
                record: r#"{"action":"org.add_member","actor":"jane","user":"joe","org":"example","user_agent":"Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"}"#,
                source: "github",
                id: "github:user:jane",
                kind: "human",
                actor: "human",
                action: "github:org.add_member",
                target: "github:example",
                outcome: "success",
            },
            Row {
                record: r#"{"action":"repo.access","actor":"jane","repo":"example/app","visibility":"public"}"#,
                source: "github",
                id: "github:user:jane",
                kind: "human",
                actor: "ambiguous",
                action: "github:repo.access",
                target: "github:example/app",
                outcome: "success",
            },
            Row {
                record: r#"{"action":"org.add_member","actor":"jane","user":"joe","org":"example"}"#,
                source: "github",
                id: "github:user:jane",
                kind: "human",
                actor: "ambiguous",
                action: "github:org.add_member",
                target: "github:example",
                outcome: "success",
            },
        ]);
    }

    #[test]
    fn a_granted_token_is_not_the_one_who_granted() {
        let granted = r#"{"action":"personal_access_token.access_granted","actor":"jane","user":"ci","org":"example","hashed_token":"h="}"#;
        decoded(granted, |found| {
            assert_eq!(found.credential, None);
            assert_eq!(found.links, [Link::Issued { credential: "h=".into(), owner: Some("github:user:ci".into()) }]);
        });
        decoded(r#"{"action":"git.clone","actor":"ci","org":"example","hashed_token":"h="}"#, |found| {
            assert_eq!(found.credential.as_ref().unwrap().id.as_deref(), Some("h="));
        });
    }

    #[test]
    fn what_leaves_the_house() {
        for (record, destination) in [
            (
                r#"{"action":"hook.create","actor":"j","org":"example","config":{"url":"https://u:p@h.example.net/x"}}"#,
                "h.example.net",
            ),
            (r#"{"action":"repo.access","actor":"j","repo":"example/a","visibility":"public"}"#, "anyone"),
            (r#"{"action":"repo.create","actor":"j","repo":"example/b","visibility":"public"}"#, "anyone"),
            (r#"{"action":"org.invite_member","actor":"j","org":"example","email":"a@example.net"}"#, "a@example.net"),
        ] {
            decoded(record, |found| assert_eq!(found.destinations, [destination], "{record}"));
        }
        let private = r#"{"action":"repo.create","actor":"j","repo":"example/b","visibility":"private"}"#;
        decoded(private, |found| assert!(found.destinations.is_empty()));
    }
}
