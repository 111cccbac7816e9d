//! What is AWS's own in an item and says nothing of an account: regions, service principals, managed policies, the fixed
//! words of ARNs and names. It stays as it is.

/// Words that stand between names in ARNs and paths, and names that AWS gives.
const WORDS: [&str; 85] = [
    "",
    "$LATEST",
    "*",
    "alias",
    "amazon",
    "apis",
    "assumed-role",
    "authorizers",
    "auto-backup",
    "aws",
    "aws-reserved",
    "aws-service-role",
    "awsbackup",
    "AWSLogs",
    "backup-plan",
    "backup-vault",
    "build",
    "certificate",
    "CloudFront",
    "CloudTrail",
    "cluster",
    "cluster-snapshot",
    "Config",
    "db",
    "default",
    "deployment",
    "distribution",
    "domain",
    "environment",
    "event-bus",
    "federated-user",
    "function",
    "global",
    "group",
    "heads",
    "healthcheck",
    "hostedzone",
    "id",
    "instance",
    "instance-profile",
    "job",
    "key",
    "latest",
    "layer",
    "listener",
    "loadbalancer",
    "log-group",
    "log-stream",
    "main",
    "mfa",
    "none",
    "oidc-provider",
    "policy",
    "primary",
    "product",
    "project",
    "pull_request",
    "rds",
    "recovery-point",
    "ref",
    "refs",
    "regional",
    "repo",
    "repository",
    "resource",
    "restapis",
    "role",
    "root",
    "rule",
    "saml-provider",
    "schedule-group",
    "secret",
    "service",
    "service-role",
    "serviceaccount",
    "snapshot",
    "stages",
    "system",
    "table",
    "tags",
    "targetgroup",
    "topic",
    "trail",
    "user",
    "webacl",
];

/// What the kind of a load balancer follows in its ARNs.
const BALANCERS: [&str; 4] = ["loadbalancer", "listener", "listener-rule", "targetgroup"];

/// How names begin that AWS gives; what follows is AWS's too.
const BEGINNINGS: [&str; 7] =
    ["AWSServiceRoleFor", "ELBSecurityPolicy-", "default.", "default:", "com.amazonaws.", "aws:", "rds-ca-"];

/// The services whose endpoints have customers' names before them, and other fixed labels of AWS's hosts.
const LABELS: [&str; 48] = [
    "amazonaws",
    "aoss",
    "api",
    "appsync-api",
    "backup",
    "cache",
    "cloudformation",
    "cloudfront",
    "cn",
    "com",
    "compute",
    "compute-1",
    "console",
    "dkr",
    "docdb",
    "dualstack",
    "dynamodb",
    "ec2",
    "ecr",
    "efs",
    "eks",
    "elasticache",
    "elasticmapreduce",
    "elb",
    "es",
    "events",
    "execute-api",
    "iam",
    "internal",
    "kafka",
    "kinesis",
    "kms",
    "lambda",
    "lambda-url",
    "logs",
    "memorydb",
    "monitoring",
    "neptune",
    "oidc",
    "rds",
    "redshift",
    "s3",
    "s3-website",
    "sns",
    "sqs",
    "ssm",
    "sts",
    "vpce",
];

/// `CloudFront`'s managed cache policies that every account has: caching optimised and caching disabled.
const UUIDS: [&str; 2] = ["658327ea-f89d-4fab-a63d-7e88639e58f6", "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"];

/// Hosts that everyone's items name: AWS's console, identity providers of the public.
const HOSTS: [&str; 8] = [
    "accounts.google.com",
    "app.terraform.io",
    "cognito-identity.amazonaws.com",
    "gitlab.com",
    "graph.facebook.com",
    "signin.aws.amazon.com",
    "token.actions.githubusercontent.com",
    "www.amazon.com",
];

/// A UUID that is the same in every account.
pub fn uuid(text: &str) -> bool {
    UUIDS.contains(&text)
}

/// `ap-northeast-1`, `ap-northeast-1a`, `us-gov-west-1`.
pub fn region(text: &str) -> bool {
    let (area, rest) = text.split_once('-').unwrap_or_default();
    let areas = ["af", "ap", "ca", "cn", "eu", "il", "me", "mx", "sa", "us"];
    let Some((direction, number)) = rest.rsplit_once('-') else { return false };
    let direction = direction.rsplit('-').next().unwrap_or_default();
    let directions =
        ["north", "south", "east", "west", "central", "northeast", "southeast", "northwest", "southwest"];
    let number = number.strip_suffix(|c: char| c.is_ascii_lowercase()).unwrap_or(number);
    areas.contains(&area)
        && directions.contains(&direction)
        && number.len() == 1
        && number.as_bytes()[0].is_ascii_digit()
}

/// A part of a name or an ARN that is no one's name; `before` is the part before it.
pub fn segment(text: &str, before: Option<&str>) -> bool {
    let number = text.strip_prefix('v').unwrap_or(text);
    WORDS.contains(&text)
        || (before.is_some_and(|before| BALANCERS.contains(&before)) && ["app", "net", "gwy"].contains(&text))
        // `/aws/lambda/…`, `alias/aws/sns`
        || (before == Some("aws") && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'))
        || BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
        || text.ends_with(".amazonaws.com")
        || region(text)
        // A version, an index; an account is not.
        || (number.len() < 12 && number.chars().all(|c| c.is_ascii_digit()))
}

/// A host that says nothing of an account.
pub fn host(host: &str) -> bool {
    HOSTS.contains(&host) || host == "amazonaws.com" || host.starts_with("com.amazonaws") || is_service(host)
}

/// A service principal: `config.amazonaws.com`.
fn is_service(host: &str) -> bool {
    host.ends_with(".amazonaws.com") && host.split('.').count() == 3
}

/// A host of AWS's, in which a customer's names are labels.
pub fn is_aws_host(host: &str) -> bool {
    [
        ".amazonaws.com",
        ".amazonaws.com.cn",
        ".cloudfront.net",
        ".awsglobalaccelerator.com",
        ".on.aws",
        ".api.aws",
    ]
    .iter()
    .any(|suffix| host.ends_with(suffix))
        || host.contains(".awsdns-")
}

/// Whether a label of an AWS host is AWS's own.
pub fn label(label: &str, position: usize, labels: usize) -> bool {
    // `config.amazonaws.com` is a service; `d111.cloudfront.net` is a customer's.
    let is_suffix = position + 2 >= labels;
    is_suffix || LABELS.contains(&label) || region(label) || label.starts_with("awsdns-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_not_names_that_look_like_them() {
        for name in ["ap-northeast-1", "us-east-1a", "us-gov-west-1", "il-central-1"] {
            assert!(region(name), "{name}");
        }
        for name in ["my-app-1", "us-east-10", "us-hospital-1", "ap-northeast", "", "-"] {
            assert!(!region(name), "{name}");
        }
    }

    #[test]
    fn an_accounts_digits_are_no_version() {
        assert!(segment("v12", None) && segment("3", None) && segment("lambda", Some("aws")));
        assert!(!segment("123456789012", None) && !segment("lambda-x", None));
    }
}
