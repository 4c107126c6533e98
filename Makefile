# BENCH and SITE name a real bench; without them the ground is made in .ground/.
# LANGUAGE=en makes that site, which is Spanish, an English one.
# ARGS narrows the tests: make test ARGS="tests/unit -k cuit", or the benchmarks: make bench ARGS="writing"
# PEER is a folder from which `make bench` can import the app ecommerce_integrations, to measure beside it.
PYTHON ?= python3
ground = $(PYTHON) -m tests.ground.run

.PHONY: test demo desk pictures bench clean

bench: export MELI_PEER = $(PEER)

test demo desk pictures bench:
	@$(ground) $@ $(if $(BENCH),--bench "$(BENCH)") $(if $(SITE),--site "$(SITE)") $(if $(LANGUAGE),--language "$(LANGUAGE)") $(if $(ARGS),--only '$(ARGS)')

clean:
	@$(ground) clean
