//! What is asked of a decision.

use std::net::IpAddr;

use keycask::{RealmRef, ScopeSet};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::names::Names;
use crate::stop::{Stop, argument};
use crate::store::Store;
use crate::time::Instant;
use crate::value;

/// What a request needs, its names looked up once: `Store.request` makes one, for any number of
/// decisions of that store.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct Request {
    asked: Asked,
    /// The store's number.
    store: u64,
}

/// A realm, and what is asked in it.
#[derive(Clone)]
pub(crate) struct Asked {
    pub realm: RealmRef,
    pub request: keycask::Request,
}

/// The keywords of a call that decides, as they came: none of them is read where there is a
/// request alone, and moving what they would be read as costs as much as the call.
#[derive(Clone, Copy, Default)]
pub(crate) struct Given<'a, 'py> {
    pub realm: Option<&'a Bound<'py, PyAny>>,
    pub scopes: Option<&'a Bound<'py, PyAny>>,
    pub kinds: Option<&'a Bound<'py, PyAny>>,
    pub cost: Option<&'a Bound<'py, PyAny>>,
    pub address: Option<&'a Bound<'py, PyAny>>,
    pub at: Option<&'a Bound<'py, PyAny>>,
}

impl Given<'_, '_> {
    #[inline]
    fn has_names(&self) -> bool {
        self.realm.is_some() || self.scopes.is_some() || self.kinds.is_some() || self.cost.is_some()
    }

    #[inline]
    fn is_empty(&self) -> bool {
        !self.has_names() && self.address.is_none() && self.at.is_none()
    }

    fn named(&self) -> Result<Named, Stop> {
        Ok(Named {
            realm: self.realm.map(value::read).transpose()?,
            scopes: self.scopes.map(value::read).transpose()?,
            kinds: self.kinds.map(value::read).transpose()?,
            cost: self.cost.map(value::read).transpose()?,
        })
    }

    /// `request` with what differs from call to call.
    fn each(&self, mut request: keycask::Request) -> Result<keycask::Request, Stop> {
        if let Some(address) = self.address {
            request = request.address(value::read::<IpAddr>(address)?);
        }
        if let Some(at) = self.at {
            request = request.at(value::read::<Instant>(at)?.0);
        }
        Ok(request)
    }
}

/// What is asked by names.
struct Named {
    realm: Option<String>,
    scopes: Option<Names>,
    kinds: Option<Names>,
    cost: Option<u32>,
}

impl Named {
    fn look_up(self, store: &keycask::Store) -> Result<Asked, Stop> {
        let Some(name) = self.realm else {
            return Err(PyTypeError::new_err("want a request, or realm=").into());
        };
        let realm = store.realm(&name)?;
        for (names, what, without) in
            [(&self.scopes, "scopes", "needs none"), (&self.kinds, "kinds", "accepts any")]
        {
            // As of a setting that was left out. Of no scope, any key would be granted.
            if names.as_ref().is_some_and(|Names(names)| names.is_empty()) {
                return Err(argument(format!("{what}: none is named; None {without}")));
            }
        }
        let mut request = keycask::Request::new();
        if self.scopes.is_some() || self.kinds.is_some() {
            let profile = store.profile(realm)?;
            request = request.needs(match self.scopes {
                Some(names) => profile.scope_set(names.0)?,
                None => ScopeSet::empty(),
            });
            if let Some(names) = self.kinds {
                request = request.kinds(profile.kind_set(names.0)?);
            }
        }
        if let Some(cost) = self.cost {
            request = request.cost(cost);
        }
        Ok(Asked { realm, request })
    }
}

/// Does what is to be done with what is asked: by a request of the store `of`, or by names; and
/// by what differs from call to call.
///
/// What is prepared is lent and not copied, and whoever calls makes an object of a decision where
/// it is made: moving a hundred bytes up through a few calls costs half as much as deciding.
/// Nothing of Python's may run meanwhile, such as the making of an exception: it might close the
/// store, which would wait for this call.
#[inline]
pub(crate) fn ask<T>(
    of: &Store,
    request: Option<&Bound<'_, Request>>,
    given: Given<'_, '_>,
    decide: impl FnOnce(&keycask::Store, &Asked) -> Result<T, Stop>,
) -> Result<T, Stop> {
    let known = match request {
        None => None,
        Some(request) if request.get().store == of.number() => Some(&request.get().asked),
        Some(_) => return Err(argument("request: of another store; a reopened one is another")),
    };
    match known {
        Some(asked) if given.is_empty() => of.memory(|store| decide(store, asked))?,
        _ => {
            let asked = read(of, known, given)?;
            of.memory(|store| decide(store, &asked))?
        }
    }
}

/// What is asked by keywords, on top of a request if there is one.
#[cold]
fn read(of: &Store, known: Option<&Asked>, given: Given<'_, '_>) -> Result<Asked, Stop> {
    let asked = match known {
        Some(asked) if !given.has_names() => asked.clone(),
        Some(_) => {
            let why = "a request has realm, scopes, kinds and cost: want it, or these";
            return Err(PyTypeError::new_err(why).into());
        }
        None => {
            let named = given.named()?;
            of.memory(|store| named.look_up(store))??
        }
    };
    Ok(Asked { realm: asked.realm, request: given.each(asked.request)? })
}

#[pymethods]
impl Store {
    /// What a request needs, prepared: names are looked up here and not with every decision.
    ///
    /// `realm`: where the token is to be valid. `scopes`: all that are needed, one at least; any
    /// key will do without. `kinds`: those that are accepted, one at least, a token of another is
    /// Unknown; every kind without. `cost`: what rates and the quota are charged, one without; 0
    /// charges nothing.
    ///
    /// Raises `NotFoundError` for a name that there is none of; `ArgumentError` for `scopes` or
    /// `kinds` of no name.
    #[pyo3(signature = (realm, *, scopes=None, kinds=None, cost=None))]
    fn request(
        &self,
        realm: String,
        scopes: Option<Names>,
        kinds: Option<Names>,
        #[pyo3(from_py_with = value::given)] cost: Option<u32>,
    ) -> Result<Request, Stop> {
        let named = Named { realm: Some(realm), scopes, kinds, cost };
        let asked = self.memory(|store| named.look_up(store))??;
        Ok(Request { asked, store: self.number() })
    }
}

not_pickled!(Request, "a request is not pickled: it is one of its store");
