# BENCH and SITE name a real bench; without them the ground is made in .ground/.
# LANGUAGE=en makes that site, which is Spanish, an English one.
# ARGS narrows the tests: make test ARGS="tests/unit -k cuit", or the benchmarks: make bench ARGS="writing"
# PEER is a folder from which `make bench` can import the app ecommerce_integrations, to measure beside it.
# SEED and MINUTES say what breaks in `make chaos`, and for how long; without them a new seed, which it prints, and 2.
# NOTIFICATIONS says how many come in the day of `make soak`; without it 100,000.
# SITE of `make upgrade` is used up: it must not have the app.
PYTHON ?= python3
ground = $(PYTHON) -m tests.ground.run

.PHONY: test demo desk pictures bench chaos soak upgrade clean

bench: export MELI_PEER = $(PEER)
chaos: ARGS = $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(WORKERS),--workers $(WORKERS))
soak: ARGS = $(if $(NOTIFICATIONS),--notifications $(NOTIFICATIONS))

test demo desk pictures bench chaos soak upgrade:
	@$(ground) $@ $(if $(BENCH),--bench "$(BENCH)") $(if $(SITE),--site "$(SITE)") $(if $(LANGUAGE),--language "$(LANGUAGE)") $(if $(ARGS),--only '$(ARGS)')

clean:
	@$(ground) clean
