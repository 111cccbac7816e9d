//! EC2 instances and volumes, Lambda functions, Auto Scaling groups.

use serde_json::{Value, json};

use super::random::Random;
use super::{ACCOUNT, Body, REGION, filled, relationship};

pub fn instance(random: &mut Random, size: usize) -> Body {
    let (subnet, vpc, group) = (random.hex(17), random.hex(8), random.hex(17));
    let kind = random.pick(&["t3.medium", "m7g.large", "c7g.xlarge", "r7g.2xlarge"]);
    let interfaces = filled(size / 2, |number| {
        json!({
            "networkInterfaceId": "eni-~hex~", "macAddress": "0e:6f:~address~", "ownerId": ACCOUNT, "status": "in-use",
            "privateDnsName": format!("ip-~address~.{REGION}.compute.internal"), "privateIpAddress": "~address~",
            "sourceDestCheck": true, "subnetId": format!("subnet-{subnet}"), "vpcId": format!("vpc-{vpc}"),
            "description": "", "interfaceType": "interface", "ipv6Addresses": [],
            "attachment": {"attachTime": "~created~", "attachmentId": "eni-attach-~hex~", "deleteOnTermination": true,
                "deviceIndex": number, "status": "attached", "networkCardIndex": 0},
            "groups": [{"groupName": "app", "groupId": format!("sg-{group}")}],
            "privateIpAddresses": [{"primary": true, "privateIpAddress": "~address~"}],
        })
    });
    let relationships = filled(size / 2, |number| match number {
        0 => relationship("AWS::EC2::VPC", &format!("vpc-{vpc}"), "Is contained in Vpc"),
        1 => relationship("AWS::EC2::Subnet", &format!("subnet-{subnet}"), "Is contained in Subnet"),
        2 => relationship(
            "AWS::EC2::SecurityGroup",
            &format!("sg-{group}"),
            "Is associated with SecurityGroup",
        ),
        number if number % 2 == 0 => relationship("AWS::EC2::Volume", "vol-~hex~", "Is attached to Volume"),
        _ => relationship("AWS::EC2::NetworkInterface", "eni-~hex~", "Contains NetworkInterface"),
    });
    Body {
        resource_type: "AWS::EC2::Instance",
        id: "i-~id~".into(),
        name: Value::Null,
        arn: format!("arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-~id~"),
        global: false,
        relationships,
        configuration: json!({
            "amiLaunchIndex": 0, "imageId": format!("ami-{}", random.hex(17)), "instanceId": "i-~id~",
            "instanceType": kind, "keyName": null, "launchTime": "~created~", "monitoring": {"state": "enabled"},
            "placement": {"availabilityZone": format!("{REGION}a"), "groupName": "", "tenancy": "default"},
            "privateDnsName": format!("ip-~address~.{REGION}.compute.internal"), "privateIpAddress": "~address~",
            "productCodes": [], "publicDnsName": "", "state": {"code": 16, "name": "running"},
            "subnetId": format!("subnet-{subnet}"), "vpcId": format!("vpc-{vpc}"), "architecture": "arm64",
            "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"attachTime": "~created~",
                "deleteOnTermination": true, "status": "attached", "volumeId": "vol-~hex~"}}],
            "clientToken": "~uuid~", "ebsOptimized": random.chance(800), "enaSupport": true, "hypervisor": "xen",
            "iamInstanceProfile": {"arn": format!("arn:aws:iam::{ACCOUNT}:instance-profile/app"), "id": "AIPA~hex~"},
            "networkInterfaces": interfaces, "rootDeviceName": "/dev/xvda", "rootDeviceType": "ebs",
            "securityGroups": [{"groupName": "app", "groupId": format!("sg-{group}")}], "sourceDestCheck": true,
            "tags": [{"key": "Name", "value": "~name~"}, {"key": "CostCentre", "value": "cc-~hex~"}],
            "virtualizationType": "hvm", "cpuOptions": {"coreCount": 2, "threadsPerCore": 1},
            "metadataOptions": {"state": "applied", "httpTokens": if random.chance(900) { "required" } else { "optional" },
                "httpPutResponseHopLimit": 2, "httpEndpoint": "enabled"},
        }),
        supplementary: json!({}),
    }
}

pub fn volume(random: &mut Random, size: usize) -> Body {
    let encrypted = random.chance(900);
    let key = format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{}", random.hex(32));
    Body {
        resource_type: "AWS::EC2::Volume",
        id: "vol-~id~".into(),
        name: Value::Null,
        arn: format!("arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-~id~"),
        global: false,
        relationships: vec![relationship("AWS::EC2::Instance", "i-~hex~", "Is attached to Instance")],
        configuration: json!({
            "attachments": [{"attachTime": "~created~", "device": "/dev/sdf", "instanceId": "i-~hex~", "state": "attached",
                "volumeId": "vol-~id~", "deleteOnTermination": random.chance(500)}],
            "availabilityZone": format!("{REGION}a"), "createTime": "~created~", "encrypted": encrypted,
            "kmsKeyId": if encrypted { json!(key) } else { Value::Null }, "outpostArn": null,
            "size": (random.below(60) + 1) * 8, "snapshotId": "", "state": "in-use", "volumeId": "vol-~id~", "iops": 3000,
            "tags": filled(size, |number| json!({"key": format!("app:{number}"), "value": "~name~/~hex~"})),
            "volumeType": random.pick(&["gp3", "gp2", "io2"]), "fastRestored": null, "multiAttachEnabled": false,
        }),
        supplementary: json!({}),
    }
}

pub fn function(random: &mut Random, size: usize) -> Body {
    let variables = filled(size / 2, |number| json!([format!("SETTING_{number}"), "~hex~~hex~"]));
    let variables: serde_json::Map<_, _> =
        variables.iter().filter_map(|pair| Some((pair[0].as_str()?.to_owned(), pair[1].clone()))).collect();
    let layers = filled(size / 2, |number| {
        json!({"arn": format!("arn:aws:lambda:{REGION}:{ACCOUNT}:layer:common-{number}:{}", random.below(90)),
            "codeSize": random.below(9_000_000)})
    });
    Body {
        resource_type: "AWS::Lambda::Function",
        id: "~name~".into(),
        name: "~name~".into(),
        arn: format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:~name~"),
        global: false,
        relationships: vec![relationship("AWS::IAM::Role", "AROA~hex~", "Is associated with ")],
        configuration: json!({
            "functionName": "~name~", "functionArn": format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:~name~"),
            "runtime": random.pick(&["provided.al2023", "python3.13", "nodejs22.x"]),
            "role": format!("arn:aws:iam::{ACCOUNT}:role/~name~"), "handler": "index.handler",
            "codeSize": random.below(40_000_000), "description": "", "timeout": random.below(900), "memorySize": 256,
            "lastModified": "~created~", "codeSha256": "~hex~~hex~", "version": "$LATEST",
            "environment": {"variables": variables}, "tracingConfig": {"mode": "PassThrough"}, "revisionId": "~uuid~",
            "layers": layers, "state": "Active", "lastUpdateStatus": "Successful", "packageType": "Zip",
            "architectures": ["arm64"], "ephemeralStorage": {"size": 512},
        }),
        supplementary: json!({"Tags": {"Name": "~name~"}}),
    }
}

pub fn group(random: &mut Random, size: usize) -> Body {
    let instances = filled(size, |_| {
        json!({"instanceId": "i-~hex~", "instanceType": "m7g.large", "availabilityZone": format!("{REGION}a"),
            "lifecycleState": "InService", "healthStatus": "Healthy", "protectedFromScaleIn": false})
    });
    Body {
        resource_type: "AWS::AutoScaling::AutoScalingGroup",
        id: format!(
            "arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:~uuid~:autoScalingGroupName/~name~"
        ),
        name: "~name~".into(),
        arn: format!(
            "arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:~uuid~:autoScalingGroupName/~name~"
        ),
        global: false,
        relationships: vec![relationship("AWS::EC2::Subnet", "subnet-~hex~", "Is associated with ")],
        configuration: json!({
            "autoScalingGroupName": "~name~", "minSize": 1, "maxSize": random.below(90) + 10, "desiredCapacity": 4,
            "defaultCooldown": 300, "availabilityZones": [format!("{REGION}a")], "healthCheckType": "ELB",
            "healthCheckGracePeriod": 300, "createdTime": "~created~", "instances": instances, "suspendedProcesses": [],
        }),
        supplementary: json!({}),
    }
}
