//! `userIdentity`: who acted, with which credential, in which session and for whom.

use super::{Record, word};
use crate::json::Value;
use crate::support::aws;
use crate::support::cloud::{bounded, part};
use crate::support::names::{human, is_mail, person_id};
use vires_event::{Actor, Credential, CredentialKind, Delegation, Identity, Kind, Session, Text};

/// What a record says about its caller.
#[derive(Default)]
pub(super) struct Who<'a> {
    pub identity: Option<Identity<'a>>,
    pub credential: Option<Credential<'a>>,
    pub session: Option<Session<'a>>,
    pub delegation: Option<Delegation<'a>>,
    /// The service that called on the caller's behalf.
    pub invoked_by: Option<Text<'a>>,
    /// The caller's account; empty if unknown.
    pub account: Text<'a>,
}

#[derive(Default, Clone, Copy)]
struct Members<'a> {
    kind: Option<Value<'a>>,
    principal: Option<Value<'a>>,
    arn: Option<Value<'a>>,
    account: Option<Value<'a>>,
    key: Option<Value<'a>>,
    user: Option<Value<'a>>,
    context: Option<Value<'a>>,
    invoked_by: Option<Value<'a>>,
    provider: Option<Value<'a>>,
    on_behalf_of: Option<Value<'a>>,
    credential: Option<Value<'a>>,
    in_scope_of: Option<Value<'a>>,
}

impl<'a> Members<'a> {
    fn read(identity: Value<'a>) -> Self {
        let mut m = Members::default();
        for (key, value) in identity.fields() {
            let place = match key {
                "type" => &mut m.kind,
                "principalId" | "principalid" => &mut m.principal,
                "arn" => &mut m.arn,
                "accountId" | "accountid" => &mut m.account,
                "accessKeyId" | "accesskeyid" => &mut m.key,
                "userName" | "username" => &mut m.user,
                "sessionContext" | "sessioncontext" => &mut m.context,
                "invokedBy" | "invokedby" => &mut m.invoked_by,
                "identityProvider" | "identityprovider" => &mut m.provider,
                "onBehalfOf" | "onbehalfof" => &mut m.on_behalf_of,
                "credentialId" | "credentialid" => &mut m.credential,
                "inScopeOf" | "inscopeof" => &mut m.in_scope_of,
                _ => continue,
            };
            *place = Some(value);
        }
        m
    }
}

#[derive(Default, Clone, Copy)]
struct Context<'a> {
    issuer: Option<Value<'a>>,
    attributes: Option<Value<'a>>,
    web_identity: Option<Value<'a>>,
    source_identity: Option<Value<'a>>,
    ec2_delivery: Option<Value<'a>>,
}

impl<'a> Context<'a> {
    fn read(context: Option<Value<'a>>) -> Self {
        let mut c = Context::default();
        for (key, value) in context.iter().flat_map(|c| c.fields()) {
            let place = match key {
                "sessionIssuer" | "sessionissuer" => &mut c.issuer,
                "attributes" => &mut c.attributes,
                "webIdFederationData" | "webidfederationdata" => &mut c.web_identity,
                "sourceIdentity" | "sourceidentity" => &mut c.source_identity,
                "ec2RoleDelivery" | "ec2roledelivery" => &mut c.ec2_delivery,
                _ => continue,
            };
            *place = Some(value);
        }
        c
    }
}

/// Names that AWS writes instead of a user name it does not want in the log.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

pub(super) fn read<'a>(r: &Record<'a>, event_source: Option<&Text<'a>>, event_type: &str, recipient: Option<&str>) -> Who<'a> {
    let mut who = Who::default();
    let m = r.user_identity.map(Members::read).unwrap_or_default();
    let c = Context::read(m.context);
    let arn = m.arn.and_then(|v| v.text()).map(|t| bounded(t, 2048));
    let arn_account = || arn.as_ref().and_then(|arn| part(arn, |t| Some(aws::Arn::parse(t)?.account)));
    who.account = word(m.account).or_else(arn_account).unwrap_or_default();
    who.invoked_by = word(m.invoked_by);
    let account: &str = if who.account.is_empty() { recipient.unwrap_or("") } else { &who.account };
    let kind = word(m.kind).unwrap_or_default();

    // The session name stands in the ARN, and behind the colon of the principal id.
    let session = arn.as_ref().and_then(aws::session_name).or_else(|| {
        let principal = m.principal.filter(|_| kind == "AssumedRole")?.text()?;
        part(&principal, |t| t.split_once(':').map(|(_, s)| s))
    });
    let of_arn = || arn.as_ref().and_then(aws::principal).map(|p| p.identity);

    who.identity = match &*kind {
        "AssumedRole" => assumed_role(c.issuer, account, session.as_deref()).or_else(of_arn),
        "IAMUser" => iam_user(m.user, account, arn.as_ref()).or_else(of_arn),
        "Root" if event_type != "AwsServiceEvent" => Some(aws::root(account)),
        "WebIdentityUser" | "SAMLUser" => federated(&m, &kind, r, account),
        "IdentityCenterUser" => identity_center(&m),
        "FederatedUser" => of_arn().or_else(|| federated(&m, &kind, r, account)),
        "AWSAccount" => of_arn().or_else(|| foreign(m.principal, account)),
        "AWSService" => who.invoked_by.clone().map(aws::service),
        _ => of_arn().or_else(|| other(&m, &kind, account, arn.clone())),
    }
    .or_else(|| {
        // Service events and Insights name the service alone, or nobody but the source of the event.
        let by = who.invoked_by.clone().filter(|s| s.ends_with(".amazonaws.com"));
        let nobody = kind.is_empty() || kind == "Root" || kind == "AWSService";
        let service_event = matches!(event_type, "AwsServiceEvent" | "AwsCloudTrailInsight");
        by.or_else(|| event_source.cloned().filter(|_| service_event))
            .or_else(|| (event_type == "AwsCloudTrailInsight").then(|| "cloudtrail.amazonaws.com".into()))
            .filter(|_| nobody)
            .map(aws::service)
    });

    let issued = c.attributes.and_then(|a| word(a.get("creationDate").or_else(|| a.get("creationdate"))));
    who.credential = credential(r, &m, &c, &kind, issued);
    refine(&mut who, r, &m, &c);
    who.session = session_of(session, r, &c, who.identity.as_ref());
    who.delegation = delegation(&m, &c, &who);
    who
}

fn assumed_role<'a>(issuer: Option<Value<'a>>, account: &str, session: Option<&str>) -> Option<Identity<'a>> {
    let issuer = issuer?;
    let raw = issuer.get_text("arn").map(|t| bounded(t, 2048));
    let name = issuer
        .get_text("userName")
        .or_else(|| issuer.get_text("username"))
        .or_else(|| raw.as_ref().and_then(|arn| part(arn, |t| t.rsplit_once('/').map(|(_, name)| name))))?;
    let of_issuer = word(issuer.get("accountId").or_else(|| issuer.get("accountid")));
    let of_arn = raw.as_ref().and_then(|arn| part(arn, |t| Some(aws::Arn::parse(t)?.account)));
    let account = of_issuer.or(of_arn).filter(|_| account.is_empty()).unwrap_or_else(|| account.to_owned().into());
    Some(aws::role(&account, bounded(name, 512), session, raw))
}

fn iam_user<'a>(name: Option<Value<'a>>, account: &str, arn: Option<&Text<'a>>) -> Option<Identity<'a>> {
    let name = name?.text().filter(|n| n != HIDDEN)?;
    Some(aws::user(account, bounded(name, 512), arn.cloned()))
}

fn federated<'a>(m: &Members<'a>, kind: &str, r: &Record<'a>, account: &str) -> Option<Identity<'a>> {
    let principal = m.principal.and_then(|v| v.text()).map(|t| bounded(t, 1024));
    let subject = m.user.and_then(|v| v.text()).map(|t| bounded(t, 512)).or_else(|| principal.clone())?;
    let provider = m.provider.and_then(|v| v.text()).map(|t| bounded(t, 512)).or_else(|| {
        // `<provider>:<audience>:<subject>`
        part(principal.as_ref()?, |t| t.split(':').next())
    });
    let provider = provider.as_deref().unwrap_or(if kind == "FederatedUser" { "federated-user" } else { "-" });
    let parsed = aws::Arn::parse(provider);
    let short = parsed.map_or(provider, |a| a.resource.split_once('/').map_or(a.resource, |(_, rest)| rest));
    let short = short.strip_prefix("https://").unwrap_or(short);
    // Before a role is assumed there is no account but that of the provider or of the role that is asked for.
    let role = r.parameters.and_then(|p| p.get_text("roleArn"));
    let of_role = role.as_deref().and_then(aws::Arn::parse).map_or("", |a| a.account);
    let account = [parsed.map_or("", |a| a.account), of_role, account].into_iter().find(|a| !a.is_empty()).unwrap_or("");
    let mut identity = aws::federated(account, short, subject, principal);
    if kind == "SAMLUser" && identity.actor == Actor::Ambiguous {
        (identity.kind, identity.actor) = (Kind::Human, Actor::Human);
    }
    Some(identity)
}

fn identity_center<'a>(m: &Members<'a>) -> Option<Identity<'a>> {
    let user = m.on_behalf_of.and_then(|o| o.get_text("userId").or_else(|| o.get_text("userid")));
    let name = m.user.and_then(|v| v.text()).or_else(|| user.clone())?;
    Some(Identity { raw: user, ..human(bounded(name, 512)) })
}

/// A principal of another account: only its unique id is told.
fn foreign<'a>(principal: Option<Value<'a>>, account: &str) -> Option<Identity<'a>> {
    let raw = principal.and_then(|v| v.text()).map(|t| bounded(t, 512));
    let unique = raw.as_ref().and_then(|t| part(t, |t| t.split(':').next()));
    if account.is_empty() && unique.is_none() {
        return None;
    }
    let kind = match unique.as_deref() {
        Some(id) if id.starts_with("AIDA") => Kind::AccessKey,
        _ => Kind::Role,
    };
    let name = unique.clone().unwrap_or_else(|| account.to_owned().into());
    let id = match unique.as_deref().filter(|u| *u != account) {
        Some(unique) => ["aws:account/", aws::known(account), "/", unique].concat(),
        None => ["aws:account/", account].concat(),
    };
    Some(Identity { id: id.into(), kind, actor: Actor::Ambiguous, name, raw })
}

/// `Directory`, `Unknown`, an absent type or one that is younger than this code.
fn other<'a>(m: &Members<'a>, kind: &str, account: &str, arn: Option<Text<'a>>) -> Option<Identity<'a>> {
    let principal = || part(&m.principal?.text()?, |t| t.split(':').next());
    let name = m.user.and_then(|v| v.text()).filter(|n| n != HIDDEN).or_else(principal).or_else(|| arn.clone())?;
    let name = bounded(name, 512);
    let kind = if kind.is_empty() { "unknown".into() } else { kind.to_ascii_lowercase() };
    let id = ["aws:", &kind, "/", aws::known(account), "/", &name].concat().into();
    Some(Identity { id, kind: Kind::Token, actor: Actor::Ambiguous, name, raw: arn })
}

fn credential<'a>(
    r: &Record<'a>,
    m: &Members<'a>,
    c: &Context<'a>,
    kind: &str,
    issued: Option<Text<'a>>,
) -> Option<Credential<'a>> {
    let provider = || c.web_identity.and_then(|w| word(w.get("federatedProvider").or_else(|| w.get("federatedprovider"))));
    let bearer = r.additional.and_then(|d| d.get("callWithBearerToken")).and_then(|v| v.bool()) == Some(true);
    let id = word(m.key);
    let (sort, id, issuer) = match (&id, kind) {
        _ if bearer => (CredentialKind::ApiToken, id, None),
        (Some(key), _) if key.starts_with("AKIA") => (CredentialKind::AccessKey, id, None),
        (Some(_), _) => (CredentialKind::SessionKey, id, provider()),
        (None, "WebIdentityUser") => (CredentialKind::Oidc, None, word(m.provider)),
        (None, "SAMLUser") => (CredentialKind::Other, None, word(m.provider)),
        (None, "IdentityCenterUser") => (CredentialKind::OauthToken, Some(word(m.credential)?), None),
        (None, "IAMUser" | "Root") if r.event_name.and_then(|v| v.str()).is_some_and(|n| n == "ConsoleLogin") => {
            (CredentialKind::Password, None, None)
        }
        _ => return None,
    };
    Some(Credential { kind: sort, id, issuer, issued })
}

/// What the session's origin proves about the caller.
fn refine<'a>(who: &mut Who<'a>, r: &Record<'a>, m: &Members<'a>, c: &Context<'a>) {
    let Some(identity) = who.identity.as_mut().filter(|i| i.actor == Actor::Ambiguous) else { return };
    // Only the metadata service of an instance and the services' own compute hand out these.
    let delivered = c.ec2_delivery.and_then(|v| v.text()).is_some();
    let in_scope = m.in_scope_of.is_some_and(|s| s.get("issuerType").is_some() || s.get("credentialsIssuedTo").is_some());
    if delivered || in_scope {
        identity.actor = Actor::Machine;
    }
    let issuer = who.credential.as_ref().and_then(|c| c.issuer.as_deref());
    if let Some((kind, actor)) = issuer.and_then(|issuer| aws::federation(issuer, "")) {
        (identity.kind, identity.actor) = (kind, actor);
    }
    // A user with a console session or a password is a person's kind of user; who sits there stays open.
    let console = r.from_console.and_then(|v| v.bool()) == Some(true);
    let password = who.credential.as_ref().is_some_and(|c| c.kind == CredentialKind::Password);
    if identity.kind == Kind::AccessKey && (console || password) {
        identity.kind = Kind::Human;
    }
}

fn session_of<'a>(
    name: Option<Text<'a>>,
    r: &Record<'a>,
    c: &Context<'a>,
    identity: Option<&Identity<'a>>,
) -> Option<Session<'a>> {
    let attribute =
        c.attributes.and_then(|a| a.get("mfaAuthenticated").or_else(|| a.get("mfaauthenticated"))).and_then(|v| v.bool());
    let mfa = attribute.or_else(|| {
        let used = r.additional?.get("MFAUsed")?.text()?;
        Some(used.eq_ignore_ascii_case("yes"))
    });
    match (name, mfa, identity) {
        (Some(name), mfa, _) => Some(Session { name: bounded(name, 512), mfa }),
        (None, Some(mfa), Some(identity)) => Some(Session { name: identity.name.clone(), mfa: Some(mfa) }),
        _ => None,
    }
}

fn delegation<'a>(m: &Members<'a>, c: &Context<'a>, who: &Who<'a>) -> Option<Delegation<'a>> {
    if let Some(user) = m.on_behalf_of.and_then(|o| o.get_text("userId").or_else(|| o.get_text("userid"))) {
        let by = person_id(&bounded(user, 512));
        // A person who acts in their own name delegates nothing.
        return (who.identity.as_ref()?.actor != Actor::Human).then_some(Delegation { by, human: Some(true) });
    }
    if let Some(source) = word(c.source_identity) {
        return Some(if is_mail(&source) {
            Delegation { by: person_id(&source), human: Some(true) }
        } else {
            Delegation { by: ["aws:source-identity:", &source].concat().into(), human: None }
        });
    }
    // A federation token acts with the powers of the user that asked for it.
    if who.identity.as_ref().is_some_and(|i| i.id.starts_with("aws:federated/"))
        && let Some(issuer) = c.issuer.and_then(|i| i.get_text("arn"))
        && let Some(principal) = aws::principal(&bounded(issuer, 2048))
    {
        return Some(Delegation { by: principal.identity.id, human: None });
    }
    // "AWS Internal" is the console at work for a person: not a party of its own.
    let service = who.invoked_by.clone().filter(|s| s.ends_with(".amazonaws.com"))?;
    let by = aws::service(service).id;
    (who.identity.as_ref()?.id != by).then_some(Delegation { by, human: Some(false) })
}
