//! Parts of traces: what is selected, and what goes with it.

mod support;

use std::time::Duration;

use greenroom_trace::{ActorIndex, MessageIndex, Selection, Trace, Way, What};
use support::{Story, two_nodes};

fn told(trace: &Trace) -> Vec<String> {
    trace.events.iter().map(|event| trace.sentences().of(event)).collect()
}

/// Two clerks and a till; what concerns one clerk is easily told from the rest.
fn shop() -> Trace {
    let mut story = Story::new("shop");
    let ann = story.someone("shop::Clerk");
    let till = story.named("shop::Till", "till");
    let bob = story.someone("shop::Clerk");
    for clerk in [ann, bob] {
        let sale = story.send(Way::Request, Some(clerk), till, "sell");
        story
            .start(till, sale, "sell")
            .tell(What::Suspend { actor: till, message: Some(sale) })
            .tell(What::Resume { actor: till, message: Some(sale) });
        story.finish(till, sale).reply(sale, "done");
        story.cast(Some(clerk), till, "close");
    }
    story.tell(What::Park);
    story.stop(bob, "stopped");
    story.trace()
}

#[test]
fn all_of_it_is_all_of_it() {
    assert_eq!(shop().select(&Selection::new()), shop());
}

#[test]
fn an_actor_is_selected_by_label_or_number_with_what_others_do_for_it() {
    let part = shop().select(&Selection::new().actor("Clerk#0.2"));
    assert_eq!(part, shop().select(&Selection::new().actor("0.2")));
    let expected = [
        "Clerk#0.2 requests sell of till",
        "till begins sell for Clerk#0.2",
        "till waits",
        "till goes on",
        "till has finished sell",
        "till answers sell of Clerk#0.2: done",
        "Clerk#0.2 casts close to till",
        "till begins close for Clerk#0.2",
        "till has finished close",
        "Clerk#0.2 has ended: stopped",
    ];
    assert_eq!(told(&part), expected);
}

#[test]
fn a_part_has_numbers_of_its_own() {
    let part = shop().select(&Selection::new().actor("0.2"));
    assert_eq!(part.actors.iter().map(|actor| actor.id.as_str()).collect::<Vec<_>>(), ["0.2", "0.1"]);
    let What::Send { message, from, .. } = &part.events[0].what else { panic!("{:?}", part.events[0]) };
    assert_eq!((*message, *from), (MessageIndex(0), Some(ActorIndex(0))));
}

#[test]
fn a_method_is_selected_with_its_handlers_and_replies_and_what_befalls_actors() {
    let said = told(&shop().select(&Selection::new().method("clos?")));
    assert_eq!(said.len(), 7, "{said:?}");
    assert!(said[..6].iter().all(|sentence| sentence.contains("close")), "{said:?}");
    assert_eq!(said[6], "Clerk#0.2 has ended: stopped");

    let sold = told(&shop().select(&Selection::new().method("sell")));
    assert_eq!(sold.iter().filter(|sentence| *sentence == "till waits").count(), 2, "{sold:?}");
}

#[test]
fn types_are_selected_with_their_path_or_without_and_names_by_pattern() {
    let by = |selection: Selection| shop().select(&selection).events.len();
    let all_but_the_worker = shop().events.len() - 1;
    assert_eq!(by(Selection::new().kind("Clerk")), all_but_the_worker);
    assert_eq!(by(Selection::new().kind("shop::Clerk")), all_but_the_worker);
    assert_eq!(by(Selection::new().name("t*l")), all_but_the_worker - 1);
    assert_eq!(by(Selection::new().kind("Clerk").name("till")), 0, "nobody is both");
    assert_eq!(by(Selection::new().kind("Cleric")), 0);
    assert_eq!(by(Selection::new().kind("Cleric").kind("Clerk")), all_but_the_worker);
}

#[test]
fn a_node_is_selected_with_its_faults() {
    let said = told(&two_nodes().select(&Selection::new().node("node-1").method("append")));
    assert!(said.contains(&"node-2 is cut off".to_owned()), "{said:?}");
    assert_eq!(two_nodes().select(&Selection::new().node("node-3")).events.len(), 1, "only the fault");
}

#[test]
fn a_time_window_has_both_of_its_ends() {
    let at = Duration::from_micros;
    let part = shop().select(&Selection::new().from(at(3)).until(at(5)));
    let times: Vec<_> = part.events.iter().map(|event| event.at).collect();
    assert_eq!(times, [3_000, 4_000, 5_000]);
    assert_eq!(told(&part)[2], "till has finished", "its beginning is not there to say what");
}
