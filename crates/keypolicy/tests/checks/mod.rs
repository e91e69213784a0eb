//! What must hold for any bytes that are read as a key policy.

use keypolicy::policy::{Policy, READ_LIMIT};
use keypolicy::prove::{Assumptions, Standing, diff};
use keypolicy::{Property, Setting, Verdict, prove, rules};
use source::Span;

/// Reading ends; places lie in the text; proving ends, and a policy does not differ from itself.
pub fn policy_text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        assert!(keypolicy::parse::parse_bytes(data).is_err());
        return;
    };
    let policy = match keypolicy::parse(text) {
        Ok(policy) => policy,
        Err(error) => {
            assert!(error.span.start <= text.len() && !error.message.is_empty());
            return;
        }
    };
    assert!(text.len() <= READ_LIMIT);
    for span in spans(&policy) {
        assert!(text.get(span.range()).is_some(), "{span:?} is no part of the text");
    }
    let setting = Setting::default().completed(&policy);
    let compiled = rules::compile(&policy, &setting);
    assert_eq!(compiled.rules.len() + compiled.inert.len(), policy.statements.len());
    let proof = prove(&compiled, &setting, &Assumptions::default(), &Property::NotPublic);
    assert_eq!(proof.witness.is_some(), proof.verdict == Verdict::Refuted, "{}", proof.why);
    let itself = diff(&compiled, &compiled, &setting, &Assumptions::default());
    assert_eq!(itself.standing, Standing::Equal, "{:?}", itself.gained.map(|it| it.request.to_json()));
}

fn spans(policy: &Policy) -> Vec<Span> {
    let mut made = vec![policy.span];
    made.extend(policy.faults.iter().map(|fault| fault.span));
    for statement in &policy.statements {
        made.push(statement.span);
        made.extend(statement.sid.iter().map(|sid| sid.span));
        made.extend(statement.principals.iter().flat_map(|it| it.items.iter().map(|item| item.text.span)));
        made.extend(statement.actions.iter().flat_map(|it| it.items.iter().map(|item| item.text.span)));
        for condition in &statement.conditions {
            made.extend([condition.span, condition.key.span, condition.operator_text.span, condition.values_span]);
            made.extend(condition.values.iter().map(|value| value.span));
        }
    }
    made
}
