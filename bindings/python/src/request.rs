//! What is asked of a decision.

use std::net::IpAddr;

use keycask::{RealmRef, ScopeSet};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::names::Names;
use crate::stop::{Stop, argument};
use crate::store::Store;
use crate::time::Instant;

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

/// What is asked by names.
#[derive(Default)]
pub(crate) struct Named<'a> {
    pub realm: Option<&'a str>,
    pub scopes: Option<Names>,
    pub kinds: Option<Names>,
    pub cost: Option<u32>,
}

impl Named<'_> {
    #[inline]
    fn is_empty(&self) -> bool {
        self.realm.is_none() && self.scopes.is_none() && self.kinds.is_none() && self.cost.is_none()
    }

    fn look_up(self, store: &keycask::Store) -> Result<Asked, Stop> {
        let Some(name) = self.realm else {
            return Err(PyTypeError::new_err("want a request, or realm=").into());
        };
        let realm = store.realm(name)?;
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

/// What is asked: by a request of `of`, or by names; and what differs from call to call.
#[inline]
pub(crate) fn asked(
    of: &Store,
    store: &keycask::Store,
    request: Option<&Bound<'_, Request>>,
    named: Named<'_>,
    address: Option<IpAddr>,
    at: Option<Instant>,
) -> Result<Asked, Stop> {
    let mut asked = match request {
        Some(request) if named.is_empty() => {
            let request = request.get();
            if request.store != of.number() {
                return Err(argument("request: of another store; a reopened one is another"));
            }
            request.asked.clone()
        }
        Some(_) => {
            let why = "a request has realm, scopes, kinds and cost: want it, or these";
            return Err(PyTypeError::new_err(why).into());
        }
        None => named.look_up(store)?,
    };
    if let Some(address) = address {
        asked.request = asked.request.address(address);
    }
    if let Some(at) = at {
        asked.request = asked.request.at(at.0);
    }
    Ok(asked)
}

#[pymethods]
impl Store {
    /// What a request needs, prepared: names are looked up here and not with every decision.
    ///
    /// `realm`: where the token is to be valid. `scopes`: all that are needed. `kinds`: those that
    /// are accepted, a token of another is Unknown; every kind without. `cost`: what rates and the
    /// quota are charged, one without; 0 charges nothing.
    ///
    /// Raises `NotFoundError` for a name that there is none of.
    #[pyo3(signature = (realm, *, scopes=None, kinds=None, cost=None))]
    fn request(
        &self,
        realm: &str,
        scopes: Option<Names>,
        kinds: Option<Names>,
        cost: Option<u32>,
    ) -> Result<Request, Stop> {
        let named = Named { realm: Some(realm), scopes, kinds, cost };
        let asked = self.memory(|store| named.look_up(store))??;
        Ok(Request { asked, store: self.number() })
    }
}

not_pickled!(Request, "a request is not pickled: it is one of its store");
