//! Actors and processes that write down what they are told: words, downs and exits.

use std::sync::{Arc, Mutex};

use greenroom::{Down, Exit, ExitReason, Handler, Inbox, ProcessRef, Ref, Vm, me};

use super::gate::Gate;
use super::{Object, ask, settle};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Word(u32),
    Down(Down),
    Exit(Exit),
}

impl From<Down> for Entry {
    fn from(down: Down) -> Self {
        Entry::Down(down)
    }
}

impl From<Exit> for Entry {
    fn from(exit: Exit) -> Self {
        Entry::Exit(exit)
    }
}

/// Clones are of the same diary.
#[derive(Clone, Debug, Default)]
pub(crate) struct Diary(Arc<Mutex<Vec<Entry>>>);

impl Diary {
    pub(crate) fn write(&self, entry: impl Into<Entry>) {
        self.0.lock().unwrap().push(entry.into());
    }

    pub(crate) fn read(&self) -> Vec<Entry> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    pub(crate) fn words(&self) -> Vec<u32> {
        let word = |entry: &Entry| if let Entry::Word(word) = entry { Some(*word) } else { None };
        self.read().iter().filter_map(word).collect()
    }

    /// Why those have ended that it was told of, by downs and exits.
    pub(crate) fn reasons(&self) -> Vec<ExitReason> {
        let reason = |entry| match entry {
            Entry::Word(_) => None,
            Entry::Down(down) => Some(down.reason),
            Entry::Exit(exit) => Some(exit.reason),
        };
        self.read().into_iter().filter_map(reason).collect()
    }

    /// Waits until there are so many entries.
    pub(crate) fn settle(&self, vm: &Vm, count: usize) {
        settle(vm, &format!("{count} entries are in the diary"), || self.len() >= count);
    }
}

/// An actor that keeps a diary.
pub(crate) type Keeper = Object<Diary>;

impl Handler<Down> for Keeper {
    fn handle(&mut self, down: Down) {
        self.0.write(down);
    }
}

impl Handler<Exit> for Keeper {
    fn handle(&mut self, exit: Exit) {
        self.0.write(exit);
    }
}

pub(crate) fn keeper(vm: &Vm) -> (Ref<Keeper>, Diary) {
    let diary = Diary::default();
    (vm.spawn(Object(diary.clone())), diary)
}

/// As [`keeper`], and it traps exits.
pub(crate) fn trapper(vm: &Vm) -> (Ref<Keeper>, Diary) {
    let (keeper, diary) = keeper(vm);
    keeper.ask(ask(|_: &mut Diary| me::<Keeper>().trap_exit(true))).unwrap();
    (keeper, diary)
}

/// A process that first does `begin`, and then writes down what it receives until it is to end.
pub(crate) fn clerk(
    vm: &Vm,
    begin: impl FnOnce(&Inbox<Entry>) + Send + 'static,
) -> (ProcessRef<Entry>, Diary) {
    let diary = Diary::default();
    let kept = diary.clone();
    let process = vm.process(move |inbox| {
        begin(&inbox);
        while let Ok(entry) = inbox.recv() {
            kept.write(entry);
        }
    });
    (process, diary)
}

pub(crate) fn custom(reason: &str) -> ExitReason {
    ExitReason::Custom(reason.into())
}

/// Has the keeper wait in a message, and returns when it does.
pub(crate) fn keep_busy(vm: &Vm, keeper: &Ref<Keeper>) -> Ref<Gate> {
    let gate = vm.spawn(Gate::default());
    let wait = gate.clone();
    keeper.send(ask(move |_: &mut Diary| wait.pass().unwrap())).unwrap();
    settle(vm, "the keeper is busy", || gate.waiting() == Ok(1));
    gate
}
