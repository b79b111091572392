//! Amazon Resource Names: who they name and what they name.

use super::cloud::part;
use super::names::human;
use std::borrow::Cow;
use vires_event::{Actor, Identity, Kind, Text};

/// `arn:partition:service:region:account:resource`, taken apart. Region and account may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arn<'t> {
    pub service: &'t str,
    pub region: &'t str,
    pub account: &'t str,
    pub resource: &'t str,
}

impl<'t> Arn<'t> {
    pub fn parse(text: &'t str) -> Option<Self> {
        let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
        let _partition = parts.next()?;
        let arn = Arn { service: parts.next()?, region: parts.next()?, account: parts.next()?, resource: parts.next()? };
        (!arn.service.is_empty() && !arn.resource.is_empty()).then_some(arn)
    }
}

/// A principal as an ARN names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal<'a> {
    pub identity: Identity<'a>,
    /// Role session name.
    pub session: Option<Text<'a>>,
}

/// The principal that an IAM or STS ARN names; `None` if it names none.
///
/// `arn:aws:sts::…:assumed-role/<role>/<session>` is the role, unless the role belongs to IAM Identity Center: then its session
/// name is the person.
pub(crate) fn principal<'a>(arn: &Text<'a>) -> Option<Principal<'a>> {
    let a = Arn::parse(arn)?;
    let (kind, rest) = a.resource.split_once('/').unwrap_or((a.resource, ""));
    let alone = |identity| Some(Principal { identity, session: None });
    match (a.service, kind) {
        ("iam" | "sts", "root") => alone(root(a.account)),
        ("iam", "user") if !rest.is_empty() => alone(user(a.account, last_segment(arn)?, Some(arn.clone()))),
        ("iam", "role") if !rest.is_empty() => alone(role(a.account, last_segment(arn)?, None, Some(arn.clone()))),
        ("sts", "federated-user") if !rest.is_empty() => {
            alone(federated(a.account, "federated-user", last_segment(arn)?, Some(arn.clone())))
        }
        ("sts", "assumed-role") if !rest.is_empty() => {
            let name = part(arn, |t| t.split('/').nth(1))?;
            let session = session_name(arn);
            Some(Principal { identity: role(a.account, name, session.as_deref(), Some(arn.clone())), session })
        }
        _ => None,
    }
}

/// The session name of an assumed role's ARN.
pub(crate) fn session_name<'a>(arn: &Text<'a>) -> Option<Text<'a>> {
    part(arn, |t| t.split_once(":assumed-role/")?.1.split_once('/').map(|(_, session)| session))
}

fn last_segment<'a>(arn: &Text<'a>) -> Option<Text<'a>> {
    part(arn, |t| t.rsplit('/').next())
}

/// A role. `session` decides who acts where the role is one of IAM Identity Center's; `raw` is the ARN with the role's path.
pub(crate) fn role<'a>(account: &str, name: Text<'a>, session: Option<&str>, raw: Option<Text<'a>>) -> Identity<'a> {
    if is_identity_center(&name, raw.as_deref())
        && let Some(session) = session.filter(|s| !s.is_empty())
    {
        return Identity { raw, ..human(session.to_owned().into()) };
    }
    let service =
        name.starts_with("AWSServiceRoleFor") || raw.as_deref().is_some_and(|r| r.contains(":role/aws-service-role/"));
    let (kind, actor) = if service { (Kind::CloudService, Actor::Machine) } else { (Kind::Role, Actor::Ambiguous) };
    Identity { id: ["aws:role/", known(account), "/", &name].concat().into(), kind, actor, name, raw }
}

/// True for a role of IAM Identity Center. Anybody may call a role so; nobody else may use the path, where the ARN shows one.
fn is_identity_center(name: &str, arn: Option<&str>) -> bool {
    let elsewhere = |arn: &str| arn.contains(":role/") && !arn.contains(":role/aws-reserved/sso.amazonaws.com/");
    name.starts_with("AWSReservedSSO_") && !arn.is_some_and(elsewhere)
}

/// An IAM user. What it acts with decides later what it is; one record cannot.
pub(crate) fn user<'a>(account: &str, name: Text<'a>, raw: Option<Text<'a>>) -> Identity<'a> {
    let id = ["aws:user/", known(account), "/", &name].concat().into();
    Identity { id, kind: Kind::AccessKey, actor: Actor::Ambiguous, name, raw }
}

/// The root user of an account: a person's e-mail address stands behind it.
pub(crate) fn root<'a>(account: &str) -> Identity<'a> {
    let id = ["aws:root/", known(account)].concat().into();
    Identity { id, kind: Kind::Human, actor: Actor::Human, name: "root".into(), raw: None }
}

/// A service of the provider, e.g. `cloudformation.amazonaws.com`.
pub(crate) fn service<'a>(principal: Text<'a>) -> Identity<'a> {
    let id = ["aws:service:", &principal].concat().into();
    Identity { id, kind: Kind::CloudService, actor: Actor::Machine, name: principal, raw: None }
}

/// A subject that an identity provider vouches for. `provider` is its host (and path) or its name.
pub(crate) fn federated<'a>(account: &str, provider: &str, subject: Text<'a>, raw: Option<Text<'a>>) -> Identity<'a> {
    let (kind, actor) = federation(provider, &subject).unwrap_or((Kind::Token, Actor::Ambiguous));
    let id = ["aws:federated/", known(account), "/", provider, "/", &subject].concat().into();
    Identity { id, kind, actor, name: subject, raw }
}

/// What an OIDC provider's subjects are, where the provider or the subject's shape says so.
pub(crate) fn federation(provider: &str, subject: &str) -> Option<(Kind, Actor)> {
    const CI: [&str; 7] = [
        "token.actions.githubusercontent.com",
        "gitlab.com",
        "app.terraform.io",
        "oidc.circleci.com",
        "agent.buildkite.com",
        "api.bitbucket.org",
        "vstoken.dev.azure.com",
    ];
    let host = provider.rsplit("oidc-provider/").next().unwrap_or(provider);
    let host = host.split('/').next().unwrap_or(host);
    if subject.starts_with("system:serviceaccount:") || host.starts_with("oidc.eks.") || subject.starts_with("spiffe://") {
        return Some((Kind::Workload, Actor::Machine));
    }
    CI.contains(&host).then_some((Kind::CiRunner, Actor::Machine))
}

/// The account, or `-` where the record does not say it.
pub(crate) fn known(account: &str) -> &str {
    if account.is_empty() { "-" } else { account }
}

/// The resource an ARN names, in the spelling of resource globs: `s3:bucket/key`, `secret:prod/db`, `iam:deployer`.
pub(crate) fn target<'a>(arn: &Text<'a>) -> Option<Text<'a>> {
    let a = Arn::parse(arn)?;
    let r = a.resource;
    let (kind, rest) = r.split_once(['/', ':']).unwrap_or(("", r));
    let last = || r.rsplit(['/', ':']).find(|p| !p.is_empty() && *p != "*").unwrap_or(r);
    let (service, name): (&str, Cow<'_, str>) = match (a.service, kind) {
        ("s3", _) => ("s3", r.into()),
        ("secretsmanager", "secret") => ("secret", secret_name(rest).into()),
        // A hierarchical parameter name starts with the slash that the ARN merges with its own.
        ("ssm", "parameter") if rest.contains('/') => ("ssm", ["/", rest].concat().into()),
        ("iam", "oidc-provider" | "saml-provider") | ("kms", "key") | ("ecr", "repository") => (a.service, rest.into()),
        ("kms", "alias") => ("kms", r.into()),
        ("sts", "assumed-role") => ("iam", rest.split('/').next().unwrap_or(rest).into()),
        ("dynamodb", "table") => ("dynamodb", rest.split('/').next().unwrap_or(rest).into()),
        ("lambda", "function" | "layer") | ("logs", "log-group") => (a.service, rest.split(':').next().unwrap_or(rest).into()),
        ("rds", _) | ("bedrock", _) if !kind.is_empty() => (a.service, rest.into()),
        (service, _) => (service, last().into()),
    };
    (!name.is_empty()).then(|| [service, ":", &name].concat().into())
}

/// A secret's name without the six random characters that its ARN adds.
pub(crate) fn secret_name(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((head, tail)) if tail.len() == 6 && !head.is_empty() && tail.bytes().all(|b| b.is_ascii_alphanumeric()) => head,
        _ => name,
    }
}

/// True if the error code says that authorisation or authentication refused the request.
pub(crate) fn denied(code: &str) -> bool {
    const WORDS: [&str; 16] = [
        "AccessDenied",
        "Unauthorized",
        "NotAuthorized",
        "AuthorizationError",
        "Forbidden",
        "ExpiredToken",
        "InvalidClientTokenId",
        "UnrecognizedClient",
        "SignatureDoesNotMatch",
        "AuthFailure",
        "InvalidAccessKeyId",
        "InvalidIdentityToken",
        "IDPRejectedClaim",
        "MissingAuthenticationToken",
        "NoBasicAuthCredentials",
        "AllAccessDisabled",
    ];
    WORDS.iter().any(|w| code.contains(w))
}

/// The first label of a service principal: `s3` of `s3.amazonaws.com`.
pub(crate) fn label(principal: &str) -> &str {
    principal.split('.').next().unwrap_or(principal)
}

/// An API operation without the date that some services append: `CreateFunction20150331v2` is `CreateFunction`.
pub(crate) fn operation(name: &str) -> &str {
    let b = name.as_bytes();
    let digits_before = |end: usize, n: usize| end >= n && b[end - n..end].iter().all(u8::is_ascii_digit);
    let mut end = b.len();
    if !b.last().is_some_and(u8::is_ascii_digit) {
        return name;
    }
    // _2020_05_31
    if digits_before(end, 2)
        && end > 9
        && b[end - 3] == b'_'
        && digits_before(end - 3, 2)
        && b[end - 6] == b'_'
        && digits_before(end - 6, 4)
    {
        let cut = end - 10;
        let cut = if cut > 0 && b[cut - 1] == b'_' { cut - 1 } else { cut };
        return name.get(..cut).filter(|n| !n.is_empty()).unwrap_or(name);
    }
    // 20150331 or 20150331v2
    let version = b.iter().rev().take_while(|c| c.is_ascii_digit()).count();
    if version < 8 && end > version && b[end - version - 1] == b'v' {
        end -= version + 1;
    }
    if digits_before(end, 8) { name.get(..end - 8).filter(|n| !n.is_empty()).unwrap_or(name) } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_of_arns() {
        for (arn, id, session) in [
            ("arn:aws:iam::123456789012:user/ops/alice", "aws:user/123456789012/alice", None),
            ("arn:aws:iam::123456789012:root", "aws:root/123456789012", None),
            ("arn:aws:iam::123456789012:role/svc/deployer", "aws:role/123456789012/deployer", None),
            ("arn:aws:sts::123456789012:assumed-role/deployer/i-0abc", "aws:role/123456789012/deployer", Some("i-0abc")),
            ("arn:aws-cn:sts::123456789012:assumed-role/deployer", "aws:role/123456789012/deployer", None),
            (
                "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/Alice@example.com",
                "person:alice@example.com",
                Some("Alice@example.com"),
            ),
            ("arn:aws:sts::123456789012:federated-user/bob", "aws:federated/123456789012/federated-user/bob", None),
        ] {
            let p = principal(&arn.into()).unwrap();
            assert_eq!((&*p.identity.id, p.session.as_deref()), (id, session), "{arn}");
        }
        for arn in
            ["", "arn:aws:test_arn", "arn:aws:s3:::bucket", "arn:aws:iam::123456789012:user/", "arn:aws:sts::1:assumed-role//s"]
        {
            assert_eq!(principal(&arn.into()), None, "{arn}");
        }
    }

    #[test]
    fn targets_of_arns() {
        for (arn, name) in [
            ("arn:aws:s3:::prod-payroll/2026/01.csv", "s3:prod-payroll/2026/01.csv"),
            ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf", "secret:prod/db"),
            ("arn:aws:ssm:eu-west-1:123456789012:parameter/prod/db", "ssm:/prod/db"),
            ("arn:aws:ssm:eu-west-1:123456789012:parameter/flag", "ssm:flag"),
            ("arn:aws:iam::123456789012:role/svc/deployer", "iam:deployer"),
            ("arn:aws:iam::aws:policy/AdministratorAccess", "iam:AdministratorAccess"),
            (
                "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
                "iam:token.actions.githubusercontent.com",
            ),
            ("arn:aws:dynamodb:eu-west-1:123456789012:table/pay-cards/index/by-date", "dynamodb:pay-cards"),
            ("arn:aws:kms:eu-west-1:123456789012:key/1234abcd", "kms:1234abcd"),
            ("arn:aws:kms:eu-west-1:123456789012:alias/prod", "kms:alias/prod"),
            ("arn:aws:lambda:eu-west-1:123456789012:function:fn:PROD", "lambda:fn"),
            ("arn:aws:sns:eu-west-1:123456789012:alerts", "sns:alerts"),
            ("arn:aws:rds:eu-west-1:123456789012:snapshot:rds:prod-2026", "rds:rds:prod-2026"),
            ("arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/fn:*", "logs:/aws/lambda/fn"),
            ("arn:aws:ecr:eu-west-1:123456789012:repository/team/app", "ecr:team/app"),
            ("arn:aws:ec2:eu-west-1:123456789012:instance/i-0abc", "ec2:i-0abc"),
            ("arn:aws:bedrock:eu-west-1::foundation-model/vendor.model-v1:0", "bedrock:vendor.model-v1:0"),
        ] {
            assert_eq!(target(&arn.into()).as_deref(), Some(name), "{arn}");
        }
        assert_eq!(target(&"not an arn".into()), None);
    }

    #[test]
    fn operations_lose_their_date() {
        for (name, bare) in [
            ("CreateFunction20150331", "CreateFunction"),
            ("GetFunction20150331v2", "GetFunction"),
            ("UpdateDistribution2020_05_31", "UpdateDistribution"),
            ("UpdateDistribution_2020_05_31", "UpdateDistribution"),
            ("GetObject", "GetObject"),
            ("ListObjectsV2", "ListObjectsV2"),
            ("20150331", "20150331"),
            ("v2", "v2"),
            ("2020_05_31", "2020_05_31"),
            ("", ""),
        ] {
            assert_eq!(operation(name), bare, "{name}");
        }
    }
}
