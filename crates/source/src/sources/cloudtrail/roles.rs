//! Roles that a request hands to what it starts or changes: the profile of a machine, the role of a function or a job.
//!
//! Only what the caller chooses counts: nobody chooses what runs under a service-linked role. Of an instance profile only the name is
//! told; it is taken for the role's, as consoles and most templates name them alike.

use super::{Record, read_only};
use crate::json::{Type, Value};
use crate::support::aws;
use crate::support::cloud::bounded;
use vires_event::{Link, Text};

const MOST: usize = 4;

/// Services that administer roles: what they are told of one hands it to nothing that runs.
fn administers(service: &str) -> bool {
    matches!(service, "iam" | "sts" | "sso" | "identitystore" | "organizations" | "access-analyzer")
}

/// Members that hold the role of what runs, as an ARN or a name.
fn holds_role(key: &str) -> bool {
    matches!(
        key,
        "role"
            | "Role"
            | "roleArn"
            | "roleARN"
            | "RoleArn"
            | "serviceRole"
            | "serviceRoleArn"
            | "executionRoleArn"
            | "taskRoleArn"
            | "jobRoleArn"
            | "jobFlowRole"
            | "nodeRole"
            | "iamInstanceProfile"
            | "IamInstanceProfile"
    )
}

/// True if parameters of these names may hand a role on.
pub(super) fn may_hand(r: &Record<'_>, service: &str, operation: &str) -> bool {
    handed(r, service, operation).next().is_some()
}

/// The texts that may name a role.
fn handed<'a>(r: &Record<'a>, service: &str, operation: &str) -> impl Iterator<Item = Value<'a>> {
    let parameters = r.parameters.filter(|_| !administers(service) && !read_only(r, operation));
    parameters.into_iter().flat_map(|parameters| {
        let leaves = parameters.leaves().filter(move |(key, leaf)| role_in(parameters, key, *leaf));
        leaves.map(|(_, leaf)| leaf)
    })
}

/// True for a member that holds a role, or the name or ARN in the object of that name.
fn role_in(parameters: Value<'_>, key: &str, leaf: Value<'_>) -> bool {
    let in_profile = || {
        let around = parameters.names_at(leaf.span().start).nth(1);
        around.is_some_and(|around| around.eq_ignore_ascii_case("iamInstanceProfile"))
    };
    leaf.kind() == Type::String && (holds_role(key) || (matches!(key, "name" | "Name" | "arn" | "Arn") && in_profile()))
}

pub(super) fn read<'a>(r: &Record<'a>, service: &str, operation: &str, own: [&str; 2], links: &mut Vec<Link<'a>>) {
    let account = own.into_iter().find(|account| !account.is_empty()).unwrap_or("");
    let mut ids: Vec<Text<'a>> = Vec::new();
    for text in handed(r, service, operation).filter_map(|leaf| leaf.text()) {
        if let Some(id) = role_of(&bounded(text, 2048), account).filter(|id| !ids.contains(id)) {
            ids.push(id);
        }
        if ids.len() == MOST {
            break;
        }
    }
    links.extend(ids.into_iter().map(|id| Link::RunsAs { id }));
}

/// The identity behind an ARN or a bare name.
fn role_of<'a>(text: &str, account: &str) -> Option<Text<'a>> {
    let arn = match text.split_once(":instance-profile/") {
        Some((head, name)) => format!("{head}:role/{name}"),
        None if text.starts_with("arn:") => text.to_owned(),
        None if !text.is_empty()
            && text.len() <= 64
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+=,.@_-".contains(&b)) =>
        {
            format!("arn:aws:iam::{account}:role/{text}")
        }
        None => return None,
    };
    let linked = arn.contains(":role/aws-service-role/") || text.starts_with("AWSServiceRoleFor");
    if linked || !arn.contains(":role/") {
        return None;
    }
    aws::principal(&arn.into()).map(|principal| principal.identity.id.into_owned().into())
}

#[cfg(test)]
mod tests {
    use crate::support::testing::decoded;
    use vires_event::Link;

    fn roles(source: &str, name: &str, parameters: &str) -> Vec<String> {
        let line = format!(
            r#"{{"eventVersion":"1.09","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::123456789012:user/ci","accountId":"123456789012","userName":"ci"}},"eventTime":"2026-03-01T00:00:00Z","eventSource":"{source}.amazonaws.com","eventName":"{name}","awsRegion":"eu-west-1","requestParameters":{parameters},"readOnly":false,"eventType":"AwsApiCall","recipientAccountId":"123456789012"}}"#
        );
        let mut roles = Vec::new();
        decoded(&line, |found| {
            roles = found
                .links
                .iter()
                .filter_map(|link| if let Link::RunsAs { id } = link { Some(id.to_string()) } else { None })
                .collect();
        });
        roles
    }

    #[test]
    fn what_runs_under_which_role() {
        let of = |name: &str| vec![format!("aws:role/123456789012/{name}")];
        for (source, name, parameters, role) in [
            (
                "ec2",
                "RunInstances",
                r#"{"instancesSet":{"items":[{"imageId":"ami-1"}]},"iamInstanceProfile":{"name":"web"}}"#,
                "web",
            ),
            (
                "ec2",
                "RunInstances",
                r#"{"iamInstanceProfile":{"arn":"arn:aws:iam::123456789012:instance-profile/apps/web"}}"#,
                "web",
            ),
            (
                "ec2",
                "CreateLaunchTemplate",
                r#"{"CreateLaunchTemplateRequest":{"LaunchTemplateData":{"IamInstanceProfile":{"Name":"web"}}}}"#,
                "web",
            ),
            ("autoscaling", "CreateLaunchConfiguration", r#"{"iamInstanceProfile":"web"}"#, "web"),
            (
                "lambda",
                "CreateFunction20150331",
                r#"{"functionName":"f","role":"arn:aws:iam::123456789012:role/svc/fn"}"#,
                "fn",
            ),
            ("glue", "CreateJob", r#"{"name":"j","role":"etl"}"#, "etl"),
            ("ecs", "RegisterTaskDefinition", r#"{"taskRoleArn":"arn:aws:iam::123456789012:role/task"}"#, "task"),
        ] {
            assert_eq!(roles(source, name, parameters), of(role), "{source} {name}");
        }
    }

    #[test]
    fn what_hands_no_role_to_what_runs() {
        for (source, name, parameters) in [
            ("iam", "UpdateRole", r#"{"role":"web"}"#),
            (
                "autoscaling",
                "CreateAutoScalingGroup",
                r#"{"serviceLinkedRoleARN":"arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"}"#,
            ),
            (
                "application-autoscaling",
                "RegisterScalableTarget",
                r#"{"roleARN":"arn:aws:iam::123456789012:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"}"#,
            ),
            ("ec2", "RunInstances", r#"{"keyName":"web","tag":{"name":"web"}}"#),
            ("lambda", "CreateFunction20150331", r#"{"role":"arn:aws:s3:::role/x"}"#),
            ("cloud9", "CreateEnvironmentEC2", r#"{"ownerArn":"arn:aws:iam::123456789012:user/admin"}"#),
        ] {
            assert_eq!(roles(source, name, parameters), Vec::<String>::new(), "{source} {name}");
        }
    }
}
