# BENCH and SITE name a real bench; without them the ground is made in .ground/.
# LANGUAGE=en makes that site, which is Spanish, an English one.
# ARGS narrows the tests: make test ARGS="tests/unit -k cuit", or the benchmarks: make bench ARGS="writing"
# PEER is a folder from which `make bench` can import the app ecommerce_integrations, to measure beside it.
# SEED and MINUTES say what breaks in `make chaos`, and for how long; without them a new seed, which it prints, and 2.
PYTHON ?= python3
ground = $(PYTHON) -m tests.ground.run

.PHONY: test demo desk pictures bench chaos clean

bench: export MELI_PEER = $(PEER)
chaos: ARGS = $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(WORKERS),--workers $(WORKERS))

test demo desk pictures bench chaos:
	@$(ground) $@ $(if $(BENCH),--bench "$(BENCH)") $(if $(SITE),--site "$(SITE)") $(if $(LANGUAGE),--language "$(LANGUAGE)") $(if $(ARGS),--only '$(ARGS)')

clean:
	@$(ground) clean
