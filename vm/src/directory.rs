//! The directory of a machine: which name stands for which actor.
//!
//! It knows references, not what they can be sent. Each name holds one reference, with its type forgotten and found
//! again at a lookup. The other half of a name is its actor's [`Attachment`], by which the actor's end frees it:
//!
//! | step       | before                  | under the directory's lock                         | after                              |
//! |------------|-------------------------|----------------------------------------------------|------------------------------------|
//! | register   |                         | attach to the actor, which fails if it ends; enter |                                    |
//! | unregister |                         | take out; detach from the actor                    | drop the reference                 |
//! | the end    | take what is attached   | take out what still stands for the actor           | drop the reference; tell everybody |
//!
//! A reference is dropped outside the lock: it may be its actor's last. The lock of the registry's shard is taken
//! inside the directory's, never the other way round.

use std::any::Any;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ptr;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::actor::Actor;
use crate::attachments::Attachment;
use crate::cell::Header;
use crate::core::Core;
use crate::hooks;
use crate::id::ActorId;
use crate::names::{NameError, SpawnNamedError};
use crate::refs::Ref;
use crate::registry::Registry;
use crate::trace::events;

/// What a reference has to tell to bear a name.
pub(crate) trait Bearer: Any + Send + Sync {
    /// The actor's cell.
    fn actor(&self) -> &Header;

    /// What it is a reference to, as an error names it.
    fn refers_to(&self) -> &'static str;
}

/// References by name.
pub(crate) type Names = HashMap<Arc<str>, Box<dyn Bearer>>;

/// See the head of this file.
#[derive(Default)]
pub(crate) struct Directory {
    names: RwLock<Names>,
}

impl Directory {
    /// Has `name` stand for `reference`, until its actor ends.
    pub(crate) fn register<R: Bearer + Clone>(
        &self,
        registry: &Registry,
        name: Arc<str>,
        reference: &R,
    ) -> Result<(), NameError> {
        let actor = reference.actor();
        check(&name)?;
        if actor.mailbox.is_closed() {
            return Err(NameError::Ended { name });
        }
        if actor.id.machine() != registry.machine {
            return Err(NameError::Elsewhere { name, actor: actor.describe() });
        }
        let reference = Box::new(reference.clone());
        match self.names.write().entry(Arc::clone(&name)) {
            Entry::Occupied(taken) => Err(taken_by(name, &**taken.get())),
            Entry::Vacant(place) => {
                if registry.attach(actor, Attachment::Name(Arc::clone(&name))).is_err() {
                    return Err(NameError::Ended { name });
                }
                place.insert(reference);
                if hooks::are_any() {
                    Core::with(registry.machine, |core| {
                        if let Some(core) = core {
                            events::named(core, actor, &name);
                        }
                    });
                }
                Ok(())
            }
        }
    }

    /// Spawns an actor of that name, if the name is free: nobody sees it without.
    pub(crate) fn spawn<A: Actor>(
        &self,
        core: &Core,
        name: Arc<str>,
        actor: A,
    ) -> Result<Ref<A>, SpawnNamedError<A>> {
        if let Err(error) = check(&name) {
            return Err(SpawnNamedError { actor, error });
        }
        core.check_stack();
        match self.names.write().entry(Arc::clone(&name)) {
            Entry::Occupied(taken) => Err(SpawnNamedError { actor, error: taken_by(name, &**taken.get()) }),
            Entry::Vacant(place) => {
                // Nothing of the actor's runs in here: it is spawned at rest.
                let actor = core.spawn_unchecked(actor);
                if hooks::are_any() {
                    events::named(core, actor.actor(), &name);
                }
                let attached = core.registry.attach(actor.actor(), Attachment::Name(name));
                assert!(attached.is_ok(), "an actor that nobody knows yet has not ended");
                place.insert(Box::new(actor.clone()));
                Ok(actor)
            }
        }
    }

    /// The reference that was registered under `name`.
    pub(crate) fn find<R: Bearer + Clone>(&self, name: &str, asked: &'static str) -> Result<R, NameError> {
        let names = self.names.read();
        let Some(found) = names.get(name) else { return Err(NameError::Unknown { name: name.into() }) };
        let any: &dyn Any = &**found;
        match any.downcast_ref::<R>() {
            Some(reference) => Ok(reference.clone()),
            None => Err(NameError::WrongType { name: name.into(), registered: found.refers_to(), asked }),
        }
    }

    pub(crate) fn whereis(&self, name: &str) -> Option<ActorId> {
        Some(self.names.read().get(name)?.actor().id)
    }

    /// Frees a name whose actor lives on.
    pub(crate) fn unregister(&self, registry: &Registry, name: &str) -> Result<(), NameError> {
        let mut names = self.names.write();
        let Some((name, reference)) = names.remove_entry(name) else {
            return Err(NameError::Unknown { name: name.into() });
        };
        // Not there, if the actor ends just now and its end has it already.
        registry.detach(reference.actor(), |attached| *attached == Attachment::Name(Arc::clone(&name)));
        drop(names);
        drop(reference);
        Ok(())
    }

    /// Frees a name whose actor ends, unless it stands for another by now.
    pub(crate) fn free(&self, name: &str, actor: &Header) {
        let mut names = self.names.write();
        let stands = names.get(name).is_some_and(|reference| ptr::eq(reference.actor(), actor));
        let reference = if stands { names.remove(name) } else { None };
        drop(names);
        drop(reference);
    }

    /// Tells of each name in use, and of the actor that has it.
    pub(crate) fn each(&self, mut tell: impl FnMut(&str, ActorId)) {
        self.names.read().iter().for_each(|(name, bearer)| tell(name, bearer.actor().id));
    }

    /// All names in use, in order.
    pub(crate) fn all(&self) -> Vec<Arc<str>> {
        let mut all: Vec<_> = self.names.read().keys().cloned().collect();
        all.sort_unstable();
        all
    }

    /// Empties it, at the machine's end.
    pub(crate) fn take_all(&self) -> Names {
        std::mem::take(&mut *self.names.write())
    }
}

fn check(name: &Arc<str>) -> Result<(), NameError> {
    if name.is_empty() { Err(NameError::Empty) } else { Ok(()) }
}

fn taken_by(name: Arc<str>, bearer: &dyn Bearer) -> NameError {
    NameError::Taken { name, by: bearer.actor().describe() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attachments::Ended;
    use crate::vm::Vm;

    struct Idle;
    impl Actor for Idle {}

    fn machine() -> Vm {
        Vm::builder().workers(1).pin(false).build().unwrap()
    }

    #[test]
    fn an_end_that_comes_late_frees_no_name_that_stands_for_another_by_now() {
        let vm = machine();
        let (first, second) = (vm.spawn(Idle), vm.spawn(Idle));
        vm.register("heirloom", &second).unwrap();
        vm.core.directory.free("heirloom", first.header());
        assert_eq!(vm.whereis("heirloom"), Some(second.id()));
        vm.core.directory.free("heirloom", second.header());
        assert_eq!(vm.whereis("heirloom"), None);
    }

    #[test]
    fn an_actor_whose_names_are_unregistered_has_nothing_attached() {
        let vm = machine();
        let actor = vm.spawn_named("one", Idle).unwrap();
        vm.register("other", &actor).unwrap();
        vm.unregister("one").unwrap();
        let attached = |name: &str| Attachment::Name(name.into());
        let detach = || vm.core.registry.detach(actor.header(), |_| true);
        assert_eq!((detach(), detach()), (Some(attached("other")), None));
        vm.core.directory.free("other", actor.header());
    }

    #[test]
    fn from_its_end_on_an_actor_gets_no_name_though_its_mailbox_is_open_still() {
        let vm = machine();
        let actor = vm.spawn_named("one", Idle).unwrap();
        let _ = vm.core.part_with(actor.header());
        assert_eq!((vm.whereis("one"), vm.actors()), (None, 0));
        assert!(actor.exit_reason().is_none());
        assert_eq!(vm.register("one", &actor), Err(NameError::Ended { name: "one".into() }));
        assert_eq!(vm.core.registry.attach(actor.header(), Attachment::Name("".into())), Err(Ended));
        assert!(vm.names().is_empty());
        // The machine's end would not find it any more.
        actor.stop();
        while actor.exit_reason().is_none() {
            std::thread::yield_now();
        }
    }
}
