"""The peer of the benchmark: data in Japan as a Python rule on AWS's library for such rules."""

from rdklib import ComplianceType, ConfigRule, Evaluation, Evaluator

RESOURCE_TYPES = ["AWS::DynamoDB::Table"]


class DataInJapan(ConfigRule):
    def evaluate_change(self, event, client_factory, configuration_item, valid_rule_parameters):
        allowed = valid_rule_parameters.get("allowedRegions", "ap-northeast-1,ap-northeast-3").split(",")
        region = configuration_item["awsRegion"]
        if region in allowed:
            return [Evaluation(ComplianceType.COMPLIANT)]
        return [Evaluation(ComplianceType.NON_COMPLIANT, annotation=f"{region} is not an allowed region")]


def lambda_handler(event, context):
    return Evaluator(DataInJapan(), RESOURCE_TYPES).handle(event, context)
