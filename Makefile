# BENCH and SITE name a real bench; without them the ground is made in .ground/.
# ARGS narrows the tests: make test ARGS="tests/unit -k cuit"
PYTHON ?= python3
ground = $(PYTHON) -m tests.ground.run

.PHONY: test demo desk pictures clean

test demo desk pictures:
	@$(ground) $@ $(if $(BENCH),--bench "$(BENCH)") $(if $(SITE),--site "$(SITE)") $(if $(ARGS),--only '$(ARGS)')

clean:
	@$(ground) clean
