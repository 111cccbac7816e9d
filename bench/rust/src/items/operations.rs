//! What Systems Manager and the services for operations record: compliance, inventories, stacks, alarms, event rules.

use serde_json::{Map, Value, json};

use super::random::Random;
use super::{ACCOUNT, Body, REGION, filled, relationship};

pub fn association(random: &mut Random, size: usize) -> Body {
    let items = filled(size, |number| {
        json!([format!("association-{number}-~hex~"), {"severity": random.pick(&["UNSPECIFIED", "HIGH"]), "status": "COMPLIANT",
            "title": "gather inventory", "detailedStatus": "Success", "documentName": "AWS-GatherSoftwareInventory",
            "documentVersion": "1", "executionId": "~uuid~", "executionTime": "~captured~"}])
    });
    compliance("AWS::SSM::AssociationCompliance", "Association", items)
}

pub fn patches(random: &mut Random, size: usize) -> Body {
    let items = filled(size, |_| {
        json!([format!("openssl-{}.x86_64", random.hex(6)), {"severity": "CRITICAL", "status": "COMPLIANT",
            "title": "openssl", "classification": "Security", "installedTime": "~created~", "patchState": "Installed"}])
    });
    compliance("AWS::SSM::PatchCompliance", "Patch", items)
}

fn compliance(resource_type: &'static str, kind: &str, items: Vec<Value>) -> Body {
    let mut content = Map::new();
    for item in items {
        content.insert(item[0].as_str().unwrap_or_default().to_owned(), item[1].clone());
    }
    Body {
        resource_type,
        id: "AWS::EC2::Instance/i-~id~".into(),
        name: Value::Null,
        arn: format!("arn:aws:ssm:{REGION}:{ACCOUNT}:managed-instance-inventory/i-~id~"),
        global: false,
        relationships: vec![relationship(
            "AWS::SSM::ManagedInstanceInventory",
            "i-~id~",
            "Is associated with ",
        )],
        configuration: json!({format!("AWS:ComplianceItem"): {"SchemaVersion": "1.0", "Content": {kind: content}},
            "ComplianceSummary": {"status": "COMPLIANT"}}),
        supplementary: json!({}),
    }
}

pub fn inventory(random: &mut Random, size: usize) -> Body {
    let mut applications = Map::new();
    for application in filled(size, |_| {
        json!({"Version": format!("{}.{}", random.below(20), random.below(90)), "Publisher": "Amazon Linux",
        "Architecture": "aarch64", "ApplicationType": "System Environment/Libraries", "InstalledTime": "~created~"})
    }) {
        applications.insert(format!("package-{}", random.hex(6)), application);
    }
    Body {
        resource_type: "AWS::SSM::ManagedInstanceInventory",
        id: "i-~id~".into(),
        name: Value::Null,
        arn: format!("arn:aws:ssm:{REGION}:{ACCOUNT}:managed-instance-inventory/i-~id~"),
        global: false,
        relationships: vec![relationship("AWS::EC2::Instance", "i-~id~", "Is associated with ")],
        configuration: json!({"AWS:Application": {"SchemaVersion": "1.1", "CaptureTime": "~captured~", "Content": applications},
            "AWS:InstanceInformation": {"SchemaVersion": "1.0", "Content": {"i-~id~": {"AgentType": "amazon-ssm-agent",
                "IpAddress": "~address~", "PlatformName": "Amazon Linux", "PlatformType": "Linux"}}}}),
        supplementary: json!({}),
    }
}

pub fn stack(random: &mut Random, size: usize) -> Body {
    let parameters =
        filled(size / 2, |number| json!({"parameterKey": format!("P{number}"), "parameterValue": "~hex~"}));
    let resources = filled(size / 2, |number| match number % 3 {
        0 => relationship("AWS::Lambda::Function", "~name~", "Contains "),
        1 => relationship("AWS::IAM::Role", "AROA~hex~", "Contains "),
        _ => relationship("AWS::SQS::Queue", "queue-~hex~", "Contains "),
    });
    let arn = format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/~name~/~id~");
    Body {
        resource_type: "AWS::CloudFormation::Stack",
        id: arn.clone(),
        name: "~name~".into(),
        arn: arn.clone(),
        global: false,
        relationships: resources,
        configuration: json!({"stackId": arn, "stackName": "~name~", "parameters": parameters, "creationTime": "~created~",
            "rollbackConfiguration": {"rollbackTriggers": []}, "stackStatus": "UPDATE_COMPLETE", "disableRollback": false,
            "notificationARNs": [], "capabilities": ["CAPABILITY_IAM"], "outputs": [], "tags": [],
            "driftInformation": {"stackDriftStatus": random.pick(&["IN_SYNC", "NOT_CHECKED"])}}),
        supplementary: json!({"unsupportedResources": []}),
    }
}

pub fn alarm(random: &mut Random, size: usize) -> Body {
    let arn = format!("arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:~name~");
    let dimensions = filled(size, |number| json!({"name": format!("Dimension{number}"), "value": "~hex~"}));
    Body {
        resource_type: "AWS::CloudWatch::Alarm",
        id: "~name~".into(),
        name: "~name~".into(),
        arn: arn.clone(),
        global: false,
        relationships: Vec::new(),
        configuration: json!({"alarmName": "~name~", "alarmArn": arn, "alarmConfigurationUpdatedTimestamp": "~created~",
            "actionsEnabled": true, "okActions": [], "alarmActions": [format!("arn:aws:sns:{REGION}:{ACCOUNT}:alerts")],
            "insufficientDataActions": [], "metricName": "CPUUtilization", "namespace": "AWS/EC2", "statistic": "Average",
            "dimensions": dimensions, "period": 300, "evaluationPeriods": 3, "threshold": random.below(100),
            "comparisonOperator": "GreaterThanThreshold", "metrics": []}),
        supplementary: json!({}),
    }
}

pub fn event_rule(random: &mut Random, size: usize) -> Body {
    let arn = format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/~name~");
    let targets = filled(
        size,
        |number| json!({"Id": format!("t{number}"), "Arn": format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", random.hex(8))}),
    );
    Body {
        resource_type: "AWS::Events::Rule",
        id: "~name~".into(),
        name: "~name~".into(),
        arn: arn.clone(),
        global: false,
        relationships: Vec::new(),
        configuration: json!({"Arn": arn, "Id": "~name~", "Name": "~name~", "EventBusName": "default", "State": "ENABLED",
            "EventPattern": {"source": ["aws.ec2"], "detail-type": ["EC2 Instance State-change Notification"]},
            "Targets": targets}),
        supplementary: json!({}),
    }
}
