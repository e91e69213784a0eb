//! Which facts the selected detections need, and so which calls are made.

use aws::Needs;
use detection::Detection;
use finding::resource::catalogue::{self, GivenBy};

use crate::selection::Selected;

/// The facts that the detections read.
pub fn of_selected(selected: &Selected) -> Needs {
    selected.detections.iter().map(of_detection).fold(Needs::LISTS, Needs::and)
}

/// The facts that are read for detections, `chosen` or all of a pack. Grants and past rotations cost more requests than all else
/// together: they are read for detections that were chosen, and where they are asked for by name.
pub fn of_choice(selected: &Selected, chosen: bool) -> Needs {
    let needs = of_selected(selected);
    if chosen { needs } else { Needs { grants: false, rotations: false, ..needs } }
}

/// The detections that cannot judge where no more than this is read.
#[cfg(feature = "serve")]
pub fn left_out(selected: &Selected, read: Needs) -> impl Iterator<Item = &Detection> {
    selected.detections.iter().filter(move |detection| of_detection(detection).and(read) != read)
}

/// The facts that one detection reads; of one that hands its whole input on, everything that it may look at.
pub fn of_detection(detection: &Detection) -> Needs {
    let explained = detection::explain::explain(detection, Vec::new());
    let read = Needs::of_fields(explained.fields.iter().flat_map(|field| made_of(&field.name)));
    let whole = explained.reads_whole_input || detection.module().is_none();
    let stores = detection.resource_types.iter().any(|kind| kind == "AWS.KMS.CustomKeyStore");
    read.and(if whole { Needs::SNAPSHOT } else { Needs::LISTS }).and(Needs { stores, ..Needs::LISTS })
}

/// The fields that a field is computed from, or itself.
fn made_of(name: &str) -> Vec<&str> {
    let known = catalogue::resource_type("AWS.KMS.Key").and_then(|key| key.field(name));
    match known.map(|field| field.given_by) {
        Some(GivenBy::Computed(from)) => from.to_vec(),
        _ => vec![name],
    }
}

#[cfg(test)]
mod tests {
    use detection::builtin;

    use super::*;

    fn needs_of(id: &str) -> Needs {
        let pack = builtin::pack_for_judging("kms").unwrap();
        pack.detections.iter().filter(|detection| detection.id == id).map(of_detection).fold(Needs::LISTS, Needs::and)
    }

    #[test]
    fn rotation_needs_the_rotation_status_and_nothing_else() {
        assert_eq!(needs_of("AWS.KMS.RotationEnabled"), Needs { rotation: true, ..Needs::LISTS });
    }

    #[test]
    fn a_computed_field_needs_what_it_is_computed_from() {
        assert!(needs_of("AWS.KMS.Unused").last_usage);
        assert!(needs_of("AWS.KMS.Unusable").stores);
        assert!(!needs_of("AWS.KMS.ScheduledForDeletion").policy);
    }
}
