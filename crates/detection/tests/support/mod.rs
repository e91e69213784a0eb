//! Judging one JSON object by one built-in detection, as `scan` does.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use detection::facts::Fields;
use detection::judge::{Judge, Verdict, Words};
use detection::{Detection, builtin};
use finding::{Accounts, FactContext, Projection, Resource};
use logic::Context;
use source::record::{Limits, Scanner};

/// The detections of a built-in pack.
pub fn pack(name: &str) -> Vec<Detection> {
    let pack = builtin::pack(name).expect("the pack is built in");
    assert!(pack.problems.is_empty(), "{:?}", pack.problems);
    pack.detections.into_iter().filter(|detection| detection.kind.judges()).collect()
}

/// The detection of a built-in pack.
pub fn detection(pack_name: &str, id: &str) -> Detection {
    pack(pack_name).into_iter().find(|detection| detection.id == id).expect("the pack has it")
}

/// A detection made ready.
pub struct Bench<'d> {
    judge: Judge<'d>,
    scanner: Scanner,
    projection: Projection,
    accounts: Accounts,
    now: jiff::Timestamp,
}

impl<'d> Bench<'d> {
    /// Ready to judge, on 2026-11-20.
    pub fn new(detection: &'d Detection) -> Self {
        let mut fields = Fields::default();
        let judge = Judge::new(detection, &mut fields);
        let projection = Projection::new(fields.names());
        let accounts = Accounts::default();
        Self {
            judge,
            scanner: Scanner::new(Limits::default()),
            projection,
            accounts,
            now: "2026-11-20T06:00:00Z".parse().expect("a time"),
        }
    }

    /// What the detection says of the object.
    pub fn verdict(&mut self, object: &serde_json::Value) -> Verdict {
        self.judge(object, false).0
    }

    /// What the detection says of the object, and in which words.
    pub fn words(&mut self, object: &serde_json::Value) -> Words {
        self.judge(object, true).1.expect("words were asked for")
    }

    fn judge(&mut self, object: &serde_json::Value, wants_words: bool) -> (Verdict, Option<Words>) {
        let text = object.to_string();
        let record = self.scanner.scan_str(&text).expect("it is a record");
        let view = self.projection.view(&record);
        let resource = Resource::new(record, view).expect("it is a resource");
        let facts = FactContext::new(self.now, &self.accounts);
        let context = Context::new(self.now);
        let verdict = self.judge.verdict(&resource, &facts, &context);
        let words = wants_words.then(|| self.judge.words(&verdict, &resource, &facts, &context));
        (verdict, words)
    }
}

/// The fields that the detection's code reads.
pub fn fields(detection: &Detection) -> Vec<String> {
    let program = logic::Program::new(detection.module().expect("it lowers").clone());
    program.fields().iter().map(ToString::to_string).collect()
}
