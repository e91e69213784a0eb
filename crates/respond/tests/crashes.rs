//! Death before and after every commit and on both sides of every call: the end is the same as without it.

mod world;

use world::scenes::{Story, end, stories, tell};

fn survives(story: &Story) {
    let began = std::time::Instant::now();
    let world = (story.make)();
    let whole = tell(story, &world, None);
    let expected = end(&world);
    assert_eq!(expected.wrongs, Vec::<String>::new());
    assert!(whole.steps > 10, "{} steps", whole.steps);
    for step in 1..=whole.steps {
        let world = (story.make)();
        let told = tell(story, &world, Some(step));
        let died_of = told.died_of.unwrap_or_default();
        assert_eq!(end(&world), expected, "{}: died at step {step}, {died_of}", story.name);
    }
    println!("{}: {} deaths survived in {:?}", story.name, whole.steps, began.elapsed());
}

macro_rules! each_story {
    ($($test:ident: $index:literal),* $(,)?) => {$(
        #[test]
        fn $test() {
            survives(&stories()[$index]);
        }
    )*};
}

each_story! {
    a_deletion_in_production_survives_every_death: 0,
    a_deletion_in_development_survives_every_death: 1,
    an_automatic_fix_survives_every_death: 2,
    a_fix_in_code_survives_every_death: 3,
    a_refused_fix_survives_every_death: 4,
    an_incident_survives_every_death: 5,
    a_finding_that_comes_back_survives_every_death: 6,
    a_shared_ticket_survives_every_death: 7,
    a_ticket_closed_by_hand_survives_every_death: 8,
    the_fix_of_a_multi_region_key_survives_every_death: 9,
}

#[test]
fn every_story_has_its_test() {
    assert_eq!(stories().len(), 10);
}
