//! Death before and after every commit and on both sides of every call: the end is the same as without it.
//!
//! In memory at every step; in a file, where it may also be half way through a commit's writing, at every 96th, or at each with `DEATHS=all`.

mod world;

use world::World;
use world::scenes::{Story, end, stories, tell};

/// In a file one step in so many is tried in the ordinary tests.
const SLICE: u64 = 96;

fn survives(story: &Story, make: impl Fn() -> World, steps: impl Fn(u64) -> Vec<u64>) -> usize {
    let world = make();
    let whole = tell(story, &world, None);
    let expected = end(&world);
    assert_eq!(expected.wrongs, Vec::<String>::new());
    assert!(whole.steps > 10, "{} steps", whole.steps);
    let steps = steps(whole.steps);
    for step in &steps {
        let world = make();
        let told = tell(story, &world, Some(*step));
        let died_of = told.died_of.unwrap_or_default();
        assert_eq!(end(&world), expected, "{}: died at step {step}, {died_of}", story.name);
    }
    steps.len()
}

fn survives_in_memory(story: &Story) {
    let began = std::time::Instant::now();
    let deaths = survives(story, story.make, |steps| (1..=steps).collect());
    println!("{}: {deaths} deaths survived in {:?}", story.name, began.elapsed());
}

fn survives_in_a_file(index: usize) {
    let (story, began) = (&stories()[index], std::time::Instant::now());
    let every = if std::env::var("DEATHS").is_ok_and(|asked| asked == "all") { 1 } else { SLICE };
    // Stories begin alike: each begins elsewhere.
    let first = 1 + index as u64 * 5 % every;
    let deaths =
        survives(story, || (story.make)().in_file(), |steps| (first..=steps).step_by(every as usize).collect());
    println!("{}: {deaths} deaths survived in a file in {:?}", story.name, began.elapsed());
}

macro_rules! each_story {
    ($($test:ident, $in_a_file:ident: $index:literal),* $(,)?) => {$(
        #[test]
        fn $test() {
            survives_in_memory(&stories()[$index]);
        }

        #[test]
        fn $in_a_file() {
            survives_in_a_file($index);
        }
    )*};
}

each_story! {
    a_deletion_in_production_survives_every_death, a_deletion_in_production_survives_death_in_a_file: 0,
    a_deletion_in_development_survives_every_death, a_deletion_in_development_survives_death_in_a_file: 1,
    an_automatic_fix_survives_every_death, an_automatic_fix_survives_death_in_a_file: 2,
    a_fix_in_code_survives_every_death, a_fix_in_code_survives_death_in_a_file: 3,
    a_refused_fix_survives_every_death, a_refused_fix_survives_death_in_a_file: 4,
    an_incident_survives_every_death, an_incident_survives_death_in_a_file: 5,
    a_finding_that_comes_back_survives_every_death, a_finding_that_comes_back_survives_death_in_a_file: 6,
    a_shared_ticket_survives_every_death, a_shared_ticket_survives_death_in_a_file: 7,
    a_ticket_closed_by_hand_survives_every_death, a_ticket_closed_by_hand_survives_death_in_a_file: 8,
    the_fix_of_a_multi_region_key_survives_every_death, the_fix_of_a_multi_region_key_survives_death_in_a_file: 9,
}

#[test]
fn every_story_has_its_test() {
    assert_eq!(stories().len(), 10);
}
