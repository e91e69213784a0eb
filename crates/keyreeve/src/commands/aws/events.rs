//! `aws bootstrap --events`: what CloudTrail and Security Hub tell about keys, by EventBridge, into one queue.
//!
//! CloudTrail tells each account and Region on its own: a stack there hands on to a bus at home, whose rules fill the queue.

use std::fmt::Write as _;

use triage::key::CALLS;

/// The names of the bus and of the queue.
const BUS: &str = "keyreeve";
const QUEUE: &str = "keyreeve-events";

fn patterns() -> [(&'static str, String); 2] {
    let mut calls = String::new();
    for call in CALLS {
        // Writing to a string cannot fail.
        let _ = writeln!(calls, "            - {call}");
    }
    let findings = "        source:\n          - aws.securityhub\n        detail-type:\n          - Security Hub Findings - Imported\n        \
        detail:\n          findings:\n            $or:\n              - Resources:\n                  Type:\n                    \
        - AwsKmsKey\n              - Compliance:\n                  SecurityControlId:\n                    - prefix: KMS.\n";
    let keys = format!(
        "        source:\n          - aws.kms\n        detail-type:\n          - AWS API Call via CloudTrail\n          - AWS Service Event via CloudTrail\n        detail:\n          \
         eventSource:\n            - kms.amazonaws.com\n          eventName:\n{calls}"
    );
    [("Findings", findings.to_owned()), ("Keys", keys)]
}

/// The stack at home: bus, rules, queue, and the queue of what was received too often. `organization` may put events on the bus.
pub fn home(organization: &str) -> String {
    let (mut rules, mut sources) = (String::new(), String::new());
    for (name, pattern) in patterns() {
        // Of Security Hub's findings the administrator's own bus has everybody's.
        let buses = [("", "default"), ("OfMembers", BUS)];
        for (of, bus) in buses.into_iter().filter(|(of, _)| of.is_empty() || name == "Keys") {
            let depends = if of.is_empty() { "" } else { "    DependsOn: Bus\n" };
            let _ = write!(
                rules,
                "  {name}{of}:\n    Type: AWS::Events::Rule\n{depends}    Properties:\n      EventBusName: {bus}\n      EventPattern:\n\
                 {pattern}      Targets:\n        - Id: queue\n          Arn: !GetAtt Queue.Arn\n"
            );
            let _ = writeln!(sources, "                  - !GetAtt {name}{of}.Arn");
        }
    }
    format!(
        r#"AWSTemplateFormatVersion: "2010-09-09"
Description: What happens to KMS keys, in a queue that keyreeve serve reads
Resources:
  Bus:
    Type: AWS::Events::EventBus
    Properties:
      Name: {BUS}
  BusPolicy:
    Type: AWS::Events::EventBusPolicy
    Properties:
      EventBusName: !Ref Bus
      StatementId: MembersPutEvents
      Statement:
        Effect: Allow
        Principal: "*"
        Action: events:PutEvents
        Resource: !GetAtt Bus.Arn
        Condition:
          StringEquals:
            aws:PrincipalOrgID: {organization}
  Queue:
    Type: AWS::SQS::Queue
    UpdateReplacePolicy: Retain
    DeletionPolicy: Delete
    Properties:
      QueueName: {QUEUE}
      SqsManagedSseEnabled: true
      VisibilityTimeout: 120
      MessageRetentionPeriod: 1209600
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt DeadLetters.Arn
        maxReceiveCount: 10
  DeadLetters:
    Type: AWS::SQS::Queue
    UpdateReplacePolicy: Retain
    DeletionPolicy: Delete
    Properties:
      QueueName: {QUEUE}-dead
      SqsManagedSseEnabled: true
      MessageRetentionPeriod: 1209600
  QueuePolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues:
        - !Ref Queue
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: RulesSend
            Effect: Allow
            Principal:
              Service: events.amazonaws.com
            Action: sqs:SendMessage
            Resource: !GetAtt Queue.Arn
            Condition:
              ArnEquals:
                aws:SourceArn:
{sources}{rules}Outputs:
  QueueArn:
    Description: What keyreeve serve is to read
    Value: !GetAtt Queue.Arn
  BusArn:
    Description: Where members hand on to
    Value: !GetAtt Bus.Arn
"#
    )
}

/// The stack in every account and Region: hands on to the bus at home, which `account` and `region` have.
pub fn member(account: &str, region: &str) -> String {
    let [_, (_, keys)] = patterns();
    format!(
        r#"AWSTemplateFormatVersion: "2010-09-09"
Description: Hands on what CloudTrail tells of KMS keys, to the bus that keyreeve serve listens to
Resources:
  Sender:
    Type: AWS::IAM::Role
    Properties:
      Description: Puts events about KMS keys on the bus of keyreeve, and nothing else
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal:
              Service: events.amazonaws.com
            Action: sts:AssumeRole
            Condition:
              StringEquals:
                aws:SourceAccount: !Ref AWS::AccountId
      Policies:
        - PolicyName: PutEvents
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: events:PutEvents
                Resource: !Sub "arn:${{AWS::Partition}}:events:{region}:{account}:event-bus/{BUS}"
  Keys:
    Type: AWS::Events::Rule
    Properties:
      EventPattern:
{keys}      Targets:
        - Id: home
          Arn: !Sub "arn:${{AWS::Partition}}:events:{region}:{account}:event-bus/{BUS}"
          RoleArn: !GetAtt Sender.Arn
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calls_that_change_a_key_are_among_those_after_which_it_is_read() {
        assert!(CALLS.is_sorted());
        for operation in aws::operation::OPERATIONS.iter().filter(|operation| operation.changes()) {
            assert!(CALLS.contains(&operation.name), "{}", operation.name);
        }
    }

    #[test]
    fn the_stacks_name_the_same_bus_and_the_queue_takes_events_of_its_rules_only() {
        let (home, member) = (home("o-abcdefghij"), member("999999999999", "eu-north-1"));
        assert!(home.contains("      Name: keyreeve\n") && home.contains("aws:PrincipalOrgID: o-abcdefghij"));
        assert!(member.contains("events:eu-north-1:999999999999:event-bus/keyreeve"));
        assert_eq!(home.matches("                  - !GetAtt ").count(), 3);
        assert_eq!(home.matches("Type: AWS::Events::Rule").count(), 3);
    }
}
