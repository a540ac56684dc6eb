//! Groups: who is in one, and what reaches them, in both worlds.

#[path = "groups/members.rs"]
mod members;
mod support;

use greenroom::NameError;
use greenroom::prelude::*;
use members::{English, German, Greeter, Node, hold, numbered};
use support::{Flag, Tally, both_worlds, settle};

#[test]
fn a_member_is_in_once_and_those_that_have_ended_leave_by_themselves() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 3);
        let same = group.clone();
        assert!(!group.add(&members[1]) && !group.add(members[1].clone()));
        assert_eq!(same.members(), members);
        assert!(same.contains(&members[2]));

        members[1].stop();
        settle(vm, "it has stopped", || members[1].exit_reason().is_some());
        assert!(!group.contains(&members[1]) && !group.remove(&members[1]));
        assert_eq!(group.members(), [members[0].clone(), members[2].clone()]);
        assert!(!group.add(&members[1]), "one that has ended is not added");

        assert!(same.remove(&members[0]) && !same.remove(&members[0]));
        assert_eq!((group.len(), group.is_empty()), (1, false));
        assert!(group.add(&members[0]), "one that was removed may come again");
        assert_eq!(group.members(), [members[2].clone(), members[0].clone()], "as the last");
        assert_eq!(format!("{group:?}"), format!("[{:?}, {:?}]", members[2], members[0]));
    });
}

#[test]
fn a_group_keeps_its_members_and_lets_go_of_them_with_the_last_handle() {
    both_worlds(|vm| {
        let dropped = Tally::default();
        let group: Group<Node<support::Dropped>> =
            (0..5).map(|_| vm.spawn(Node(support::Dropped(dropped.clone())))).collect();
        let same = group.clone();
        drop(group);
        assert_eq!(same.each().run(|_| 1).all().unwrap().len(), 5);
        assert_eq!(dropped.count(), 0);
        drop(same);
        settle(vm, "all members have ended", || dropped.count() == 5);
    });
}

#[test]
fn a_group_of_an_interface_takes_all_that_implement_it() {
    both_worlds(|vm| {
        let (english, german) = (vm.spawn(English), vm.spawn(German));
        let mut group: Group<dyn Greeter> = [&english].into_iter().collect();
        group.extend([german.upcast::<dyn Greeter>()]);
        assert!(group.add(vm.spawn(English)));
        assert!(!group.add(&german) && !group.add(english.upcast::<dyn Greeter>()), "it is the same actor");
        assert!(group.contains(&german));

        let greetings = group.each().greet("you".to_owned()).all().unwrap();
        assert_eq!(greetings, ["hello you", "hallo you", "hello you"]);
        assert!(group.remove(&english));
        let greetings = group.each().greet("you".to_owned()).replies();
        assert_eq!(greetings.answers[0], (german.upcast(), Ok("hallo you".to_owned())));
        assert_eq!(group.cast().greet("nobody".to_owned()), 2);
    });
}

#[test]
fn members_come_and_go_by_name() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 2);
        let (ada, bob) = (vm.spawn(Node(10_u32)), vm.spawn(Node(11_u32)));
        vm.register("ada", &ada).unwrap();
        vm.register("bob", &bob).unwrap();
        vm.register("one", &members[1]).unwrap();
        let inside = group.clone();
        let seen = vm.run(move || {
            assert_eq!(
                ["ada", "bob", "one"].map(|name| inside.add_named(name)),
                [Ok(true), Ok(true), Ok(false)]
            );
            assert_eq!([inside.remove_named("one"), inside.remove_named("one")], [Ok(true), Ok(false)]);
            assert!(matches!(inside.add_named("carl"), Err(NameError::Unknown { .. })));
            assert!(matches!(Group::<English>::new().add_named("ada"), Err(NameError::WrongType { .. })));
            inside.each().run(|number| *number).all()
        });
        assert_eq!(seen, Ok(Ok(vec![0, 10, 11])));
        ada.stop();
        settle(vm, "it has left", || group.len() == 2);
        // The name's next bearer is another actor.
        vm.register("ada", &vm.spawn(Node(12_u32))).unwrap();
        assert_eq!(group.each().run(|number| *number).all(), Ok(vec![0, 11]));
    });
}

#[test]
fn a_cast_reaches_every_member() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 10);
        assert_eq!(group.cast().tell(|number| *number += 100), 10);
        assert_eq!(group.cast().run(|number| *number += 100), 10, "also by a method that replies");
        for (number, member) in (0..).zip(&members) {
            assert_eq!(member.run(|number| *number), Ok(number + 200));
        }
    });
}

#[test]
fn a_member_added_or_removed_counts_from_then_on() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 3);
        let late = vm.spawn(Node(3));
        group.cast().tell(|number| *number += 100);
        group.add(&late);
        group.remove(&members[0]);
        assert_eq!(group.cast().tell(|number| *number += 1000), 3);
        let states: Vec<_> =
            members.iter().chain([&late]).map(|member| member.run(|number| *number).unwrap()).collect();
        assert_eq!(states, [100, 1101, 1102, 1003]);
    });
}

#[test]
fn a_cast_says_how_many_it_reached() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 3);
        members[2].exit("done");
        settle(vm, "it has ended", || members[2].exit_reason().is_some());
        assert_eq!(group.cast().tell(|_| ()), 2);
        assert_eq!(Group::<Node<u32>>::new().cast().tell(|_| ()), 0);
    });
}

#[test]
fn membership_may_change_while_a_call_is_under_way() {
    both_worlds(|vm| {
        let (group, members) = numbered(vm, 4);
        let go = Flag::default();
        let gather = group.each().run(hold(&go));
        for member in &members[..3] {
            group.remove(member);
        }
        let late = vm.spawn(Node(9));
        group.add(&late);
        go.raise();
        assert_eq!(gather.all(), Ok(vec![0, 1, 2, 3]));
        assert_eq!(group.each().run(|number| *number).all(), Ok(vec![3, 9]));
    });
}
